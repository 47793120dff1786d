import test from 'ava';
import type { ControlReport, Difference, LayerReport, QuantizeReport } from '../../calibrate/report.js';
import { renderReportHtml } from '../../calibrate/reportHtml.js';

const layers: readonly LayerReport[] = [
  { name: 'stem', role: 'first', weightBits: 8, activationBits: 4, p: 2, clipShare: 0.0031, tried: [] },
  {
    name: 'backbone.block1',
    role: 'dense',
    weightBits: 4,
    activationBits: 4,
    p: 2.4,
    clipShare: 0.02,
    tried: [
      { p: 2, odol: 0.4 },
      { p: 2.4, odol: 0.25 },
      { p: 3, odol: 0.3125 },
    ],
  },
  {
    name: 'head.predict',
    role: 'prediction',
    weightBits: 8,
    activationBits: 8,
    p: 'inf',
    clipShare: 0,
    tried: [{ p: 'inf', odol: 0.25 }],
  },
];

function control(
  p: ControlReport['p'],
  { odolSearch, odol, agreement }: Pick<ControlReport, 'odolSearch' | 'odol' | 'agreement'>,
): ControlReport {
  return {
    p,
    odolSearch,
    odol,
    agreement,
    odolInterval: { low: odol * 0.8, high: odol * 1.2 },
    agreementInterval: { low: agreement - 0.04, high: agreement + 0.03 },
    f1: agreement + 0.1,
    lost: 12,
    ghosts: 7,
    meanIou: 0.9,
  };
}

const difference = (difference: number): Difference => ({
  difference,
  low: difference - 0.02,
  high: difference + 0.03,
});

const taken = { kept: true, reason: 'part of every run' };

const report: QuantizeReport = {
  model: 'tiny',
  parent: 'f10a7f10a7',
  recipe: 'balanced',
  bits: { weight: 4, activation: 4 },
  engine: 'onnxruntime',
  seed: 17,
  toolVersion: '0.1.0',
  versions: { 'Node.js': '20.20.0' },
  frames: { search: 32, heldOut: 31, digest: 'e03086dad4675bc0' },
  stages: [
    { name: 'float', odolSearch: 0, odol: 0, agreement: 1, passes: 2, seconds: 3.21, ...taken },
    { name: 'globalP', odolSearch: 0.21, odol: 0.22, agreement: 0.71, passes: 8, seconds: 9, ...taken },
    {
      name: 'moments',
      odolSearch: null,
      odol: 0.31,
      agreement: 0.62,
      passes: 4,
      seconds: 5,
      kept: false,
      reason: 'raises the held-out ODOL by 41 % ± 6.0 %',
    },
    {
      name: 'perLayerP',
      odolSearch: 0.11,
      odol: 0.165,
      agreement: 0.81,
      passes: 41.5,
      seconds: 75,
      ...taken,
    },
  ],
  layers,
  controls: {
    minmax: control('inf', { odolSearch: 0.91, odol: 0.92, agreement: 0.11 }),
    p2: control(2, { odolSearch: 0.31, odol: 0.32, agreement: 0.61 }),
    p2_4: control(2.4, { odolSearch: 0.41, odol: 0.42, agreement: 0.51 }),
    bestGlobalP: control(1.5, { odolSearch: 0.21, odol: 0.22, agreement: 0.71 }),
    perLayerP: control(null, { odolSearch: 0.11, odol: 0.165, agreement: 0.81 }),
  },
  chosen: 'perLayerP',
  exported: null,
  comparisons: (['minmax', 'p2', 'p2_4', 'bestGlobalP'] as const).map((against) => ({
    of: 'perLayerP',
    against,
    odol: difference(-0.055),
    agreement: difference(0.1),
    f1: difference(0.08),
    lost: difference(-3),
    ghosts: difference(-1),
  })),
  served: { odolSearched: 0.165, odolServed: 0.1652 },
  labelled: null,
  latency: { floatMs: 23.4, quantizedMs: 11.2, engine: 'onnxruntime', threads: 2 },
  size: { floatBytes: 4_700_000, quantizedBytes: 1_300_000 },
  notes: ['Activations of 4 bits are simulated.'],
  total: { passes: 43.5, seconds: 78.21, peakRssBytes: 940e6 },
};

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

/** What a reader sees. */
const textOf = (html: string) =>
  html
    .replace(/<style>.*?<\/style>/s, '')
    .replace(/<[^>]*>/g, ' ')
    .replace(/\s+/g, ' ');

const variants: Readonly<Record<string, QuantizeReport>> = {
  'per-layer p': report,
  'best global p': { ...report, chosen: 'bestGlobalP' },
  'no per-layer search': {
    ...report,
    recipe: 'fast',
    chosen: 'bestGlobalP',
    controls: { ...report.controls, perLayerP: null },
    layers: layers.map((layer) => ({ ...layer, tried: [] })),
  },
  'no layers, stages or notes': { ...report, layers: [], stages: [], notes: [] },
  'figures that are no numbers': {
    ...report,
    stages: [
      {
        name: 'float',
        odolSearch: null,
        odol: Number.NaN,
        agreement: Number.NaN,
        passes: 0,
        seconds: Number.NaN,
        ...taken,
      },
    ],
    controls: {
      ...report.controls,
      minmax: control('inf', { odolSearch: 1 / 0, odol: 1 / 0, agreement: Number.NaN }),
    },
    layers: layers.map((layer) => ({
      ...layer,
      tried: [
        { p: 2, odol: 0 },
        { p: 3, odol: Number.NaN },
      ],
    })),
  },
  'nothing measured beyond the search': {
    ...report,
    comparisons: [],
    served: null,
    latency: null,
    size: null,
    versions: {},
  },
  'everything measured': {
    ...report,
    exported: control(null, { odolSearch: 0.1, odol: 0.11, agreement: 0.9 }),
    labelled: { float: 0.265, quantized: 0.262, difference: difference(-0.003), n: 400 },
    layers: layers.map((layer) => ({ ...layer, macs: 1.2e6, sqnrDb: 24.5 })),
  },
  'hundreds of layers': {
    ...report,
    layers: Array.from({ length: 400 }, (_, i) => ({ ...layers[1]!, name: `block${i}` })),
  },
};

for (const [name, variant] of Object.entries(variants)) {
  test(`a report with ${name} is well-formed and has no broken figure`, (t) => {
    const html = renderReportHtml(variant);
    t.true(html.startsWith('<!doctype html>\n<html lang="en">'));
    t.deepEqual(nestingErrors(html), []);
    t.notRegex(html, /NaN|Infinity|undefined|\[object/);
  });
}

const pictures = [{ name: 'gate <3>.jpg', floatJpeg: '/9j/AAAA', quantizedJpeg: '/9j/BBBB' }];

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

test('it says plainly whether the per-layer p won', (t) => {
  const won = textOf(renderReportHtml(report));
  t.regex(won, /The per-layer p won: ODOL 0\.165 against 0\.220 .*, −25\.0 % \(95 %: −34\.1 % to −11\.4 %\)/);
  const lost = textOf(renderReportHtml({ ...report, chosen: 'bestGlobalP' }));
  t.regex(lost, /The per-layer p did not win: .* so the best single p was exported/);
  const absent = textOf(renderReportHtml(variants['no per-layer search']!));
  t.regex(absent, /No per-layer p was searched: .*fast/);
  t.regex(absent, /A p per layer not searched in this run/);
});

test('it says so when the held-out frames would have chosen otherwise', (t) => {
  t.notRegex(textOf(renderReportHtml(report)), /have a lower ODOL|has a lower ODOL/);
  const other = textOf(renderReportHtml({ ...report, chosen: 'bestGlobalP' }));
  t.regex(other, /on the held-out ones, a p per layer has a lower ODOL/);
});

test('the summary names model, bits, recipe, frames, cost and what was chosen', (t) => {
  const text = textOf(renderReportHtml(report));
  t.regex(text, /tiny W4A4/);
  t.regex(text, /by the recipe balanced ?, with a p of its own for every layer/);
  t.regex(text, /On 31 held-out frames .* 81\.0 % \(agreement mAP\), at an ODOL of 0\.165/);
  t.regex(text, /43\.5 passes 1 min 18 s/);
  t.regex(text, /940 MB/);
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

test('stages that were left out are hatched and say why', (t) => {
  const html = renderReportHtml(report);
  const rows = html.match(/<div class="row (kept|left-out)"><span class="name">.*?<span class="reason">/g)!;
  t.deepEqual(rows.map((row) => row.includes('left-out')).slice(0, 4), [false, false, true, false]);
  t.true(textOf(html).includes('left out: raises the held-out ODOL by 41 % ± 6.0 %'));
});

test('a stage that is far worse than all others does not squeeze their bars', (t) => {
  const [float, global, moments] = report.stages;
  const html = renderReportHtml({ ...report, stages: [float!, global!, { ...moments!, odol: 50 }] });
  const widths = [...html.matchAll(/class="fill" style="width:([\d.]+)%/g)].map(([, width]) => Number(width));
  t.deepEqual(widths.slice(-3), [0, 80, 100]);
  t.is(html.match(/class="beyond"/g)?.length, 1);
});

test('speed and size stand beside those of the float model', (t) => {
  const text = textOf(renderReportHtml(report));
  t.regex(text, /It is 2\.1× as fast as the float model and needs 27\.7 % of its space on disk\./);
  t.regex(text, /Inference 2\.1× .*onnxruntime, 2 threads Float 23\.4 ms Quantized 11\.2 ms/);
  t.regex(text, /Model file 3\.6× .* Float 4\.7 MB Quantized 1\.3 MB/);
  t.notRegex(textOf(renderReportHtml(variants['nothing measured beyond the search']!)), /Speed and size/);
});

test('labels have the last word where there are some', (t) => {
  const text = textOf(renderReportHtml(variants['everything measured']!));
  t.regex(text, /mAP on labels 26\.2 % −0\.3 points \(95 %: −2\.3 to \+2\.7\) against float, n = 400/);
  t.notRegex(textOf(renderReportHtml(report)), /mAP on labels/);
});

test('it warns where the served network is not the one that was searched', (t) => {
  t.regex(textOf(renderReportHtml(report)), /What was searched is what is served: .*\(\+0\.12 %\)/);
  const served = { odolSearched: 0.165, odolServed: 0.175 };
  t.regex(textOf(renderReportHtml({ ...report, served })), /What is served differs .*\(\+6\.1 %\)/);
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

test('names of stages that are new to it are shown as they are', (t) => {
  const html = renderReportHtml({ ...report, stages: [{ ...report.stages[0]!, name: 'toString' }] });
  t.true(html.includes('<th scope="row">toString</th>'));
});
