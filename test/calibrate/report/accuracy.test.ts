import test from 'ava';
import { renderReportHtml } from '../../../calibrate/reportHtml.js';
import { report, textOf, variants } from '../../helpers/reports.js';

test('the chosen control is marked, and it alone', (t) => {
  for (const chosen of ['perLayerP', 'bestGlobalP'] as const) {
    const html = renderReportHtml({ ...report, chosen });
    const rows = html.match(/<tr class="chosen">.*?<\/tr>/gs) ?? [];
    t.is(rows.length, 1);
    t.regex(rows[0]!, chosen === 'perLayerP' ? /A p per layer.*exported/s : /Best single p.*exported/s);
  }
});

test('every control is shown with both its losses and its agreement', (t) => {
  const text = textOf(renderReportHtml(report));
  for (const row of [
    'Min-max ∞ 0.910 0.920 11.0 %',
    'p = 2 2 0.310 0.320 61.0 %',
    'p = 2.4 2.4 0.410 0.420 51.0 %',
    'Best single p 1.5 0.210 0.220 71.0 %',
    'A p per layer exported per layer 0.110 0.165 81.0 %',
  ]) {
    t.true(text.includes(row), row);
  }
});

test('it names what has a lower ODOL than what was exported, and says why that was not', (t) => {
  t.notRegex(textOf(renderReportHtml(report)), /have a lower ODOL|has a lower ODOL/);
  const { bestGlobalP, p2_4 } = report.controls;
  const lower = { ...report.controls, p2_4: { ...p2_4, odol: bestGlobalP.odol / 2 } };
  const one = textOf(renderReportHtml({ ...report, chosen: 'bestGlobalP' }));
  t.regex(one, /A p per layer has a lower ODOL than .* kept only where it lowers the ODOL by more than one/);
  const two = textOf(renderReportHtml({ ...report, chosen: 'bestGlobalP', controls: lower }));
  t.regex(two, /p = 2\.4, a p per layer have a lower ODOL than what was exported/);
});

test('stages beyond the chosen control have a row of their own, which is what was exported', (t) => {
  const html = renderReportHtml(variants['everything measured']!);
  const rows = html.match(/<tr class="chosen">.*?<\/tr>/gs) ?? [];
  t.is(rows.length, 1);
  t.regex(textOf(rows[0]!), /All stages exported per layer 0\.100 0\.110 90\.0 %/);
  t.regex(textOf(html), /agree with the float model’s to 90\.0 % \(agreement mAP\)/);
});

test('every chart says in words what it shows, its intervals too', (t) => {
  const html = renderReportHtml(report);
  const described = [...html.matchAll(/role="img" aria-label="([^"]+)"/g)].map(([, label]) => label!);
  t.is(described.length, 5);
  t.true(described[0]!.includes('Best single p: 71.0 %, 67.0 % to 74.0 %'), described[0]);
  t.true(described[1]!.includes('A p per layer: 0.165, 0.132 to 0.198'), described[1]);
});

test('a difference that its frames decide is coloured by which side it is on, any other is not', (t) => {
  const compared = (low: number, high: number) => {
    const agreement = { difference: (low + high) / 2, low, high };
    const comparisons = [{ ...report.comparisons[3]!, agreement }];
    const html = renderReportHtml({ ...report, comparisons });
    return /less each control.*?<div class="row (\w+)">/s.exec(html)![1];
  };
  t.is(compared(0.01, 0.03), 'better');
  t.is(compared(-0.03, -0.01), 'worse');
  t.is(compared(-0.01, 0.03), 'undecided');
});

test('a comparison is found whichever way round it was made', (t) => {
  const turned = renderReportHtml({ ...report, chosen: 'bestGlobalP' });
  const chart = turned.slice(turned.indexOf('less each control'));
  t.regex(textOf(chart), /A p per layer −10\.0 .* A p per layer \+33\.3 %/);
});

test('it warns where the written network is not the one that was searched', (t) => {
  t.regex(
    textOf(renderReportHtml(report)),
    /What was searched is what serves: .*\(\+0\.12 %\), 0\.161 in the form that serves \(−2\.4 %\)/,
  );
  const worse = { odolSearched: 0.165, odolWritten: 0.165, odolServed: 0.17 };
  t.regex(
    textOf(renderReportHtml({ ...report, served: worse })),
    /What serves differs from what was searched: /,
  );
  const served = { odolSearched: 0.165, odolWritten: 0.175, odolServed: 0.175 };
  t.regex(textOf(renderReportHtml({ ...report, served })), /What was written differs .*\(\+6\.1 %\)/);
});
