import test from 'ava';
import { renderReportHtml } from '../../calibrate/reportHtml.js';
import { layers, report, textOf, variants } from '../helpers/reports.js';

const pictures = [{ name: 'gate <3>.jpg', floatJpeg: '/9j/AAAA', quantizedJpeg: '/9j/BBBB' }];

const voidElements = new Set(['meta', 'line', 'circle', 'rect', 'path', 'img']);

/** Returns what is wrong with the nesting of the elements, or nothing. */
function nestingErrors(html: string): string[] {
  const errors: string[] = [];
  const open: string[] = [];
  for (const [tag, closing, name] of html.matchAll(/<(\/?)([a-z][a-z0-9]*)(?:\s[^<>]*)?\/?>/g)) {
    if (closing === '') {
      if (!voidElements.has(name!) && !tag.endsWith('/>')) open.push(name!);
    } else if (open.pop() !== name) errors.push(`unexpected ${tag}`);
  }
  return [...errors, ...open.map((name) => `${name} is not closed`)];
}

for (const [name, variant] of Object.entries(variants)) {
  test(`a report with ${name} is well-formed and has no broken figure`, (t) => {
    const html = renderReportHtml(variant);
    t.true(html.startsWith('<!doctype html>\n<html lang="en">'));
    t.deepEqual(nestingErrors(html), []);
    t.notRegex(html, /NaN|Infinity|undefined|\[object/);
  });
}

test('nothing is loaded from elsewhere and nothing runs', (t) => {
  const html = renderReportHtml(report, pictures);
  t.notRegex(html, /<(script|link|iframe|object|embed|base)\b|https?:|url\(|@import|\bon[a-z]+=/i);
  t.deepEqual(
    [...html.matchAll(/ src="([^,"]*)/g)].map(([, source]) => source),
    ['data:image/jpeg;base64', 'data:image/jpeg;base64'],
  );
  t.true(html.includes(`content="default-src 'none'; style-src 'unsafe-inline'; img-src data:"`));
});

test('it follows the reader in light and dark and has rules for paper', (t) => {
  const html = renderReportHtml(report);
  t.true(html.includes('@media (prefers-color-scheme: dark)'));
  t.true(html.includes('@media print'));
});

test('notes and provenance are there', (t) => {
  const text = textOf(renderReportHtml(report));
  t.true(text.includes('Activations of 4 bits are simulated.'));
  for (const fact of ['e03086dad4675bc0', 'Seed 17', 'Engine onnxruntime', 'detptq-agent 0.1.0']) {
    t.true(text.includes(fact), fact);
  }
});

test('hostile names are escaped wherever they stand', (t) => {
  const hostile = `"><script>alert('x')</script><!-- & ]]> \u0000\u0007`;
  const html = renderReportHtml({
    ...report,
    model: hostile,
    recipe: hostile,
    engine: hostile,
    toolVersion: hostile,
    notes: [hostile],
    frames: { ...report.frames, digest: hostile },
    stages: [{ ...report.stages[0]!, name: hostile }],
    layers: [{ ...layers[1]!, name: hostile }],
  });
  t.false(html.includes('<script'));
  t.false(html.includes('<!--'));
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
  t.notRegex(html, /[\u0000\u0007]/);
  t.deepEqual(nestingErrors(html), []);
  const escaped = '&quot;&gt;&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&lt;!-- &amp; ]]&gt;';
  // Title, heading, summary and so on: each place of the nine fields at least once.
  t.true(html.split(escaped).length - 1 >= 10);
});

test('pictures stand in pairs, float before quantized, each with words for who does not see it', (t) => {
  const html = renderReportHtml(report, pictures);
  t.true(
    html.includes(
      'alt="gate &lt;3&gt;.jpg with the float model’s boxes" src="data:image/jpeg;base64,/9j/AAAA"',
    ),
  );
  t.true(html.indexOf('/9j/AAAA') < html.indexOf('/9j/BBBB'));
  t.notRegex(renderReportHtml(report), /Before and after/);
});
