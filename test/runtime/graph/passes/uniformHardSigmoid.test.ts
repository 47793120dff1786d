import test from 'ava';
import { uniformHardSigmoid } from '../../../../runtime/graph/passes/uniformHardSigmoid.js';
import { float32Tensor } from '../../../../runtime/graph/tensor.js';
import { relativeDifference, runOnce } from '../../../helpers/graphRuns.js';
import { graphBuilder, randomFeeds } from '../../../helpers/graphs.js';

type Builder = ReturnType<typeof graphBuilder>;

const scalar = (g: Builder, value: number, dims: readonly number[] = []) =>
  g.constant(float32Tensor(dims, Float32Array.of(value)));
const clipped = (g: Builder, x: string, [low, high] = [0, 6]) =>
  g.node('Clip', [x, scalar(g, low!), scalar(g, high!)]);
const ramp = (g: Builder, x: string) => clipped(g, g.node('Add', [x, scalar(g, 3)]));

/** As exporters write them, and what they become. */
const written: Record<string, [build: (g: Builder, x: string) => string, operators: string[]]> = {
  'a hard sigmoid of PyTorch': [(g, x) => g.node('Div', [ramp(g, x), scalar(g, 6)]), ['HardSigmoid']],
  'a hard swish of PyTorch': [
    (g, x) => g.node('Mul', [x, g.node('Div', [ramp(g, x), scalar(g, 6)])]),
    ['HardSigmoid', 'Mul'],
  ],
  'a hard swish of PaddlePaddle': [
    (g, x) => g.node('Div', [g.node('Mul', [x, ramp(g, x)]), scalar(g, 6, [1])]),
    ['HardSigmoid', 'Mul'],
  ],
  'a HardSwish': [(g, x) => g.node('HardSwish', [x]), ['HardSigmoid', 'Mul']],
  'a hard swish of TensorFlow': [
    (g, x) => {
      const sum = g.node('Add', [scalar(g, 3), x]);
      return g.node('Mul', [scalar(g, 1 / 6), g.node('Mul', [clipped(g, sum), x])]);
    },
    ['HardSigmoid', 'Mul'],
  ],
};

for (const [name, [build, operators]] of Object.entries(written)) {
  test(`${name} computes the same as ${operators.join(' and ')}`, async (t) => {
    const g = graphBuilder({ opset: 14 });
    // Beyond the corners.
    const x = g.node('Mul', [g.input('x', [1, 2, 8, 8]), scalar(g, 5)]);
    const graph = g.build([build(g, x)]);
    const joined = uniformHardSigmoid(graph);
    t.deepEqual(
      joined.nodes.map(({ opType }) => opType),
      ['Mul', ...operators],
    );
    const feeds = randomFeeds(graph);
    const [before, after] = [await runOnce(graph, feeds), await runOnce(joined, feeds)];
    const [output = ''] = Object.keys(before);
    t.true(relativeDifference(before[output]!, after[output]!) < 1e-6);
  });
}

test('what is read elsewhere too stays beside the gate', async (t) => {
  const g = graphBuilder();
  const x = g.input('x', [1, 2, 8, 8]);
  const sum = g.node('Add', [x, scalar(g, 3)]);
  const graph = g.build([g.node('Div', [clipped(g, sum), scalar(g, 6)]), g.node('Neg', [sum])]);
  const joined = uniformHardSigmoid(graph);
  t.deepEqual(
    joined.nodes.map(({ opType }) => opType),
    ['Add', 'HardSigmoid', 'Neg'],
  );
  const feeds = randomFeeds(graph);
  const [before, after] = [await runOnce(graph, feeds), await runOnce(joined, feeds)];
  for (const output of Object.keys(before))
    t.true(relativeDifference(before[output]!, after[output]!) < 1e-6);
});

test('other limits, other divisors, sums of tensors and constants with a shape are left alone', (t) => {
  const build = (make: (g: Builder, x: string) => string) => {
    const g = graphBuilder();
    return g.build([make(g, g.input('x', [1, 2, 8, 8]))]);
  };
  const graphs = [
    build((g, x) => g.node('Div', [clipped(g, g.node('Add', [x, scalar(g, 3)]), [-1, 6]), scalar(g, 6)])),
    build((g, x) => g.node('Div', [ramp(g, x), scalar(g, 5)])),
    build((g, x) => g.node('Div', [scalar(g, 6), ramp(g, x)])),
    build((g, x) => g.node('Div', [clipped(g, g.node('Add', [x, x])), scalar(g, 6)])),
    build((g, x) => g.node('Div', [clipped(g, g.node('Add', [x, g.weights(1, 2, 1, 1)])), scalar(g, 6)])),
    build((g, x) => g.node('Mul', [ramp(g, x), x])),
  ];
  for (const graph of graphs) t.is(uniformHardSigmoid(graph), graph);
});
