import test from 'ava';
import { renderReportHtml } from '../../../calibrate/reportHtml.js';
import { report, textOf, variants } from '../../helpers/reports.js';

test('every layer stands in the table and, with a tooltip, in the chart', (t) => {
  for (const variant of [report, variants['hundreds of layers']!]) {
    const html = renderReportHtml(variant);
    const chart = html.slice(html.indexOf('<svg'), html.indexOf('</svg>'));
    const table = html.slice(html.indexOf('<details class="all-layers">'));
    for (const [index, { name }] of variant.layers.entries()) {
      t.true(chart.includes(`<title>${index + 1}. ${name}\n`), name);
      t.true(table.includes(`<th scope="row">${name}</th>`), name);
    }
    t.is(chart.match(/<circle /g)?.length, variant.layers.length);
    t.is(table.match(/<tr>/g)!.length - 1, variant.layers.length);
  }
});

test('every p that was tried is shown with its ODOL, and in the tooltip with the change against the kept one', (t) => {
  const html = renderReportHtml(report);
  t.true(html.includes('p = 2: ODOL 0.400 (+60.0 %)'));
  t.true(html.includes('p = 2.4: ODOL 0.250 (kept)'));
  t.true(html.includes('p = 3: ODOL 0.313 (+25.0 %)'));
  t.regex(textOf(html), /2\.4 0\.250 3 0\.313/);
});

test('what SQNR means is said where there is one', (t) => {
  const withNoise = report.layers.map((layer) => ({ ...layer, sqnrDb: 31.5 }));
  const withoutNoise = report.layers.map(({ sqnrDb: _, ...layer }) => layer);
  const explained = (layers: typeof report.layers) =>
    textOf(renderReportHtml({ ...report, layers })).includes('SQNR is how far');
  t.true(explained(withNoise));
  t.false(explained(withoutNoise));
});
