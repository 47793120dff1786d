import test from 'ava';
import { inferShapes } from '../../../../runtime/graph/passes/inferShapes.js';
import { poolBeforeActivation } from '../../../../runtime/graph/passes/poolBeforeActivation.js';
import { float32Tensor } from '../../../../runtime/graph/tensor.js';
import { relativeDifference, runOnce } from '../../../helpers/graphRuns.js';
import { graphBuilder, randomFeeds } from '../../../helpers/graphs.js';

type Builder = ReturnType<typeof graphBuilder>;

const operators = (graph: { nodes: readonly { opType: string }[] }) =>
  graph.nodes.map(({ opType }) => opType);
const pool = (g: Builder, input: string) =>
  g.node('MaxPool', [input], { attributes: { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1] } });
const convOf = (g: Builder) => g.conv(g.input('x', [1, 3, 9, 9]), { weights: [4, 3, 3, 3], pad: 1 });
const slope = (value: number) => ({ attributes: { alpha: { type: 'float', value } as const } });

const monotone: Record<string, (g: Builder, x: string) => string> = {
  LeakyRelu: (g, x) => g.node('LeakyRelu', [x], slope(0.1)),
  Sigmoid: (g, x) => g.node('Sigmoid', [x]),
  HardSigmoid: (g, x) => g.node('HardSigmoid', [x]),
  Tanh: (g, x) => g.node('Tanh', [x]),
};

for (const [opType, activate] of Object.entries(monotone)) {
  test(`a ${opType} that a max pool alone reads moves behind it, and nothing else changes`, async (t) => {
    const g = graphBuilder();
    const graph = g.build([pool(g, activate(g, convOf(g)))]);
    const moved = poolBeforeActivation(graph);
    t.deepEqual(operators(moved), ['Conv', 'MaxPool', opType]);
    const feeds = randomFeeds(graph);
    const [before, after] = [await runOnce(graph, feeds), await runOnce(moved, feeds)];
    const [output] = Object.keys(before);
    t.true(relativeDifference(before[output!]!, after[output!]!) < 1e-6);
  });
}

test('it moves behind several pools in a row, with its further inputs, and types are kept', async (t) => {
  const g = graphBuilder();
  const sum = g.node('Add', [convOf(g), g.weights(1)]);
  const limits = [-0.5, 0.5].map((limit) => g.constant(float32Tensor([], Float32Array.of(limit))));
  const graph = inferShapes(g.build([pool(g, pool(g, g.node('Clip', [sum, ...limits])))]));
  const moved = poolBeforeActivation(graph);
  t.deepEqual(operators(moved), ['Conv', 'Add', 'MaxPool', 'MaxPool', 'Clip']);
  t.deepEqual(moved.nodes.at(-1)!.inputs.slice(1), limits);
  t.deepEqual(moved.values.get(moved.nodes[2]!.outputs[0]!)?.dims, [1, 4, 5, 5]);
  const feeds = randomFeeds(graph);
  t.deepEqual(await runOnce(moved, feeds), await runOnce(graph, feeds));
});

test('a ReLU or Clip that is fused with its convolution stays there', (t) => {
  for (const opType of ['Relu', 'Clip']) {
    const g = graphBuilder();
    const graph = g.build([pool(g, g.node(opType, [convOf(g)]))]);
    t.is(poolBeforeActivation(graph), graph);
  }
});

test('what is not monotone, falls, is read twice or is an output stays, and so do pools that say where', (t) => {
  const silu = graphBuilder();
  const raw = convOf(silu);
  const gated = silu.node('Mul', [raw, silu.node('Sigmoid', [raw])]);
  const falling = graphBuilder();
  const fallen = falling.node('LeakyRelu', [convOf(falling)], slope(-0.1));
  const branched = graphBuilder();
  const twice = branched.node('Tanh', [convOf(branched)]);
  const visible = graphBuilder();
  const seen = visible.node('Tanh', [convOf(visible)]);
  const placed = graphBuilder();
  const [winners, places] = placed.nodeWithOutputs('MaxPool', [placed.node('Tanh', [convOf(placed)])], {
    attributes: { kernel_shape: [3, 3] },
    count: 2,
  });
  const graphs = [
    silu.build([pool(silu, gated)]),
    falling.build([pool(falling, fallen)]),
    branched.build([pool(branched, twice), branched.node('Neg', [twice])]),
    visible.build([pool(visible, seen), seen]),
    placed.buildRaw([winners!, places!].map((name) => ({ name, dtype: 'float32', dims: [1, 4, 7, 7] }))),
  ];
  for (const graph of graphs) t.is(poolBeforeActivation(graph), graph);
});
