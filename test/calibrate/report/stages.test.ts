import test from 'ava';
import { nothingToDo } from '../../../calibrate/report.js';
import { renderReportHtml } from '../../../calibrate/reportHtml.js';
import { report, textOf } from '../../helpers/reports.js';

test('stages that were left out are hatched and say why', (t) => {
  const html = renderReportHtml(report);
  const rows = html.match(/<div class="row (kept|left-out)"><span class="name">.*?<span class="reason">/g)!;
  t.deepEqual(rows.map((row) => row.includes('left-out')).slice(0, 4), [false, false, true, false]);
  t.true(textOf(html).includes('left out: raises the held-out ODOL by 41 % ± 6.0 %'));
});

test('a stage that found nothing to do has no bar, and is not called left out', (t) => {
  const [float, global, moments] = report.stages;
  const idle = { ...moments!, kept: false, reason: nothingToDo, odol: global!.odol };
  const html = renderReportHtml({ ...report, stages: [float!, global!, idle] });
  const section = html.slice(html.indexOf('<h2>Stages</h2>'), html.indexOf('<h2>Layer by layer</h2>'));
  t.is(section.match(/class="fill"/g)?.length, 2);
  t.true(textOf(section).includes(nothingToDo));
  t.false(textOf(section).includes('left out:'));
});

test('a stage that is far worse than all others does not squeeze their bars', (t) => {
  const [float, global, moments] = report.stages;
  const html = renderReportHtml({ ...report, stages: [float!, global!, { ...moments!, odol: 50 }] });
  const widths = [...html.matchAll(/class="fill" style="width:([\d.]+)%/g)].map(([, width]) => Number(width));
  t.deepEqual(widths.slice(-3), [0, 80, 100]);
  t.is(html.match(/class="beyond"/g)?.length, 1);
});

test('names of stages that are new to it are shown as they are', (t) => {
  const html = renderReportHtml({ ...report, stages: [{ ...report.stages[0]!, name: 'toString' }] });
  t.true(html.includes('<th scope="row">toString</th>'));
});

test('the loss on search frames has a column only where it was measured', (t) => {
  const stagesOf = (html: string) => textOf(html.slice(html.indexOf('<table class="stages">')));
  t.regex(
    stagesOf(renderReportHtml(report)),
    /After ODOL, search ODOL Agreement .* A p per layer 0\.110 0\.165/,
  );
  const stages = report.stages.map((stage) => ({ ...stage, odolSearch: null }));
  t.regex(
    stagesOf(renderReportHtml({ ...report, stages })),
    /After ODOL Agreement .* A p per layer 0\.165 81\.0 %/,
  );
});
