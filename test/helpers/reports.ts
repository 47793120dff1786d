import type { ControlReport, Difference, LayerReport, QuantizeReport } from '../../calibrate/report.js';

/** Figures of each kind, none of them measured. */
export const layers: readonly LayerReport[] = [
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

/** A run that chose a p per layer. */
export const report: QuantizeReport = {
  model: 'tiny',
  parent: 'f10a7f10a7',
  recipe: 'balanced',
  bits: { weight: 4, activation: 4 },
  engine: 'onnxruntime',
  seed: 17,
  toolVersion: '0.1.0',
  versions: { 'Node.js': '20.20.0' },
  frames: { search: 32, heldOut: 31, digest: 'e03086dad4675bc0', heldOutDigest: '77ab12' },
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
  served: { odolSearched: 0.165, odolWritten: 0.1652, odolServed: 0.161 },
  labelled: null,
  latency: {
    plainMs: 10.1,
    floatMs: 23.4,
    quantizedMs: 11.2,
    engine: 'onnxruntime',
    threads: 2,
    lowering: 'lowered to integer operators, 7 of 7 convolutions: 10.9 ms against 14.2 as it stands',
  },
  size: { floatBytes: 4_700_000, quantizedBytes: 1_300_000 },
  notes: ['Activations of 4 bits are simulated.'],
  total: { passes: 43.5, seconds: 78.21, peakRssBytes: 940e6 },
};

/** What a reader sees. */
export const textOf = (html: string) =>
  html
    .replace(/<style>.*?<\/style>/s, '')
    .replace(/<[^>]*>/g, ' ')
    .replace(/\s+/g, ' ');

/** Reports in which something is absent, unusual or extreme, by what it is. */
export const variants: Readonly<Record<string, QuantizeReport>> = {
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
