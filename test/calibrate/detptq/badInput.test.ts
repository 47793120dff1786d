import test from 'ava';
import { type QuantizeOptions, quantizeModel } from '../../../calibrate/detptq/quantizeModel.js';
import type { Frame } from '../../../calibrate/frames/frame.js';
import { onnxruntimeEngine } from '../../../runtime/engines/onnxruntime/onnxruntimeEngine.js';
import type { Graph } from '../../../runtime/graph/graph.js';
import { elementCount, float32Tensor, type Tensor } from '../../../runtime/graph/tensor.js';
import { relativeDifference } from '../../helpers/graphRuns.js';
import { blackFrames, pyramidDetector, pyramidFrames } from '../../helpers/pyramidDetector.js';
import { randomFloats } from '../../helpers/random.js';

const { graph: float, manifest } = pyramidDetector();

const bitWidths = [
  { weightBits: 8, activationBits: 8 },
  { weightBits: 4, activationBits: 4 },
] as const;

function optionsFor(
  graph: Graph,
  frames: readonly Frame[],
): Omit<QuantizeOptions, 'weightBits' | 'activationBits'> {
  return {
    ...{ graph, manifest, parentDigest: 'a'.repeat(64) },
    frames: { search: frames, heldOut: frames },
    ...{ recipe: 'balanced', without: new Set(), lowBitShare: 1, seed: 0 },
    ...{ engine: onnxruntimeEngine, threads: 1, toolVersion: '0.1.0' },
  };
}

/** Returns the output of a network for a picture between 0 and 2, as the detector's input is. */
async function outputOf(graph: Graph): Promise<Tensor> {
  const dims = [1, 3, 32, 32];
  const image = randomFloats(elementCount(dims), 9).map((value) => 1 + value);
  const session = await onnxruntimeEngine.load(graph);
  try {
    return (await session.run({ image: float32Tensor(dims, image) })).packed!;
  } finally {
    await session.dispose();
  }
}

/** Returns the detector with the weights or the bias of one of its convolutions replaced. */
function withConv(
  name: string,
  edit: { weights?: (value: number, i: number) => number; bias?: (value: number, i: number) => number },
): Graph {
  const [, weights = '', bias = ''] = float.nodes.find((node) => node.name === name)!.inputs;
  const initializers = new Map(float.initializers);
  const replace = (tensor: string, by: (value: number, i: number) => number) => {
    const { dims, data } = initializers.get(tensor)!;
    initializers.set(tensor, float32Tensor(dims, (data as Float32Array).map(by)));
  };
  if (edit.weights) replace(weights, edit.weights);
  if (edit.bias) replace(bias, edit.bias);
  return { ...float, initializers };
}

const isOfChannel3 = (channelSize: number) => (i: number) => Math.floor(i / channelSize) === 3;

const layers: Readonly<Record<string, Graph>> = {
  'that is zero throughout': withConv('pointwise', { weights: () => 0, bias: () => 0 }),
  'that is constant': withConv('pointwise', { weights: () => 0, bias: () => 0.7 }),
  'that is constant before an activation': withConv('stem', { weights: () => 0, bias: () => -0.7 }),
  'with a dead channel': withConv('pointwise', {
    weights: (value, i) => (isOfChannel3(8)(i) ? 0 : value),
    bias: (value, i) => (i === 3 ? 0 : value),
  }),
  'with a dead channel that is depthwise': withConv('depthwise', {
    weights: (value, i) => (isOfChannel3(9)(i) ? 0 : value),
    bias: (value, i) => (i === 3 ? 0 : value),
  }),
  'with a weight of 1e4': withConv('pointwise', { weights: (value, i) => (i === 12 ? 1e4 : value) }),
  'with an activation of 1e4': withConv('merged', { bias: (value, i) => (i === 5 ? 1e4 : value) }),
};

for (const [name, graph] of Object.entries(layers)) {
  test(`a layer ${name} is quantized, and the network still answers`, async (t) => {
    const frames = await pyramidFrames(3);
    for (const bits of bitWidths) {
      const { graph: quantized, report } = await quantizeModel({ ...optionsFor(graph, frames), ...bits });
      for (const { odol, agreement } of report.stages) t.true(Number.isFinite(odol) && agreement >= 0);
      const [expected, got] = [await outputOf(graph), await outputOf(quantized)];
      t.true((got.data as Float32Array).every(Number.isFinite));
      if (bits.weightBits === 8) {
        const difference = relativeDifference(expected, got);
        t.true(difference < 0.25, `${difference}`);
      }
    }
  });
}

test('frames that are all equal are enough', async (t) => {
  const [frame] = await pyramidFrames(1);
  const equal = Array.from({ length: 4 }, (_, i) => ({ ...frame!, name: `copy${i}.png` }));
  for (const bits of bitWidths) {
    const { report } = await quantizeModel({ ...optionsFor(float, equal), ...bits });
    t.true(report.stages.every(({ odol }) => Number.isFinite(odol)));
    t.like(report.frames, { search: 4, heldOut: 4 });
  }
});

test('a frame whose activations are not numbers is named', async (t) => {
  const [good, worse] = await pyramidFrames(2);
  const [black] = await blackFrames(1);
  const error = await t.throwsAsync(
    quantizeModel({ ...optionsFor(relativeToMean(float), [good!, black!, worse!]), ...bitWidths[0] }),
    { code: 'activations_not_finite' },
  );
  t.regex(error.message, /black0\.png/);
});

/** Divides the image by its mean, which leaves no number of a black one. */
function relativeToMean(graph: Graph): Graph {
  const node = (opType: string, inputs: readonly string[], output: string) => ({
    ...{ name: output, opType, domain: '', inputs, outputs: [output], attributes: new Map() },
  });
  const rest = graph.nodes.map((one) => ({
    ...one,
    inputs: one.inputs.map((input) => (input === 'image' ? 'relative' : input)),
  }));
  const added = [node('GlobalAveragePool', ['image'], 'mean'), node('Div', ['image', 'mean'], 'relative')];
  return { ...graph, nodes: [...added, ...rest] };
}
