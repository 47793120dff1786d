import test from 'ava';
import { foldIntoConv } from '../../../../runtime/graph/passes/foldIntoConv.js';
import { float32Tensor } from '../../../../runtime/graph/tensor.js';
import { relativeDifference, runOnce } from '../../../helpers/graphRuns.js';
import { graphBuilder, randomFeeds } from '../../../helpers/graphs.js';

type Builder = ReturnType<typeof graphBuilder>;

const operators = (graph: { nodes: readonly { opType: string }[] }) =>
  graph.nodes.map(({ opType }) => opType);

test('a batch norm after a convolution, with or without bias, becomes part of it', async (t) => {
  const g = graphBuilder();
  const x = g.input('x', [1, 3, 8, 8]);
  const first = g.batchNorm(g.conv(x, { weights: [4, 3, 3, 3], pad: 1 }), 4);
  const second = g.batchNorm(
    g.node('Conv', [g.relu(first), g.weights(6, 2, 1, 1)], { attributes: { group: 2 } }),
    6,
  );
  const graph = g.build([second]);
  const folded = foldIntoConv(graph);
  t.deepEqual(operators(folded), ['Conv', 'Relu', 'Conv']);
  t.is(folded.initializers.size, 4);
  const feeds = randomFeeds(graph);
  const [before, after] = [await runOnce(graph, feeds), await runOnce(folded, feeds)];
  t.true(relativeDifference(before[second]!, after[second]!) < 1e-6);
});

test('weights shared by two convolutions are folded for each by itself', async (t) => {
  const g = graphBuilder();
  const x = g.input('x', [1, 3, 8, 8]);
  const weights = g.weights(4, 3, 1, 1);
  const outputs = [1, 2].map(() => g.batchNorm(g.node('Conv', [x, weights]), 4));
  const graph = g.build(outputs);
  const folded = foldIntoConv(graph);
  t.deepEqual(operators(folded), ['Conv', 'Conv']);
  const feeds = randomFeeds(graph);
  const [before, after] = [await runOnce(graph, feeds), await runOnce(folded, feeds)];
  for (const name of outputs) t.true(relativeDifference(before[name]!, after[name]!) < 1e-6);
});

test('a batch norm stays where something else needs the convolution, or where weights are no constants', (t) => {
  const shared = graphBuilder();
  const conv = shared.conv(shared.input('x', [1, 3, 8, 8]), { weights: [4, 3, 1, 1] });
  const sharedGraph = shared.build([shared.node('Add', [shared.batchNorm(conv, 4), conv])]);
  t.is(foldIntoConv(sharedGraph), sharedGraph);

  const output = graphBuilder();
  const visible = output.conv(output.input('x', [1, 3, 8, 8]), { weights: [4, 3, 1, 1] });
  const outputGraph = output.build([visible, output.batchNorm(visible, 4)]);
  t.is(foldIntoConv(outputGraph), outputGraph);

  const fed = graphBuilder();
  const reads = [fed.input('x', [1, 3, 8, 8]), fed.input('w', [4, 3, 1, 1])];
  const fedGraph = fed.build([fed.batchNorm(fed.node('Conv', reads), 4)]);
  t.is(foldIntoConv(fedGraph), fedGraph);
});

const byChannel = (g: Builder, ...values: readonly number[]) =>
  g.constant(float32Tensor([1, values.length, 1, 1], Float32Array.from(values)));
const scalar = (g: Builder, value: number) => g.constant(float32Tensor([], Float32Array.of(value)));

const arithmetic: Record<string, (g: Builder, x: string) => string> = {
  'a sum by channel': (g, x) => g.node('Add', [byChannel(g, 1, -2, 3, 4), x]),
  'a product by channel': (g, x) => g.node('Mul', [x, byChannel(g, 1, -2, 3, 0)]),
  'a product, a sum and a batch norm': (g, x) =>
    g.batchNorm(g.node('Add', [g.node('Mul', [scalar(g, 2), x]), byChannel(g, 1, 2, 3, 4)]), 4),
  'a quotient and a difference': (g, x) =>
    g.node('Sub', [g.node('Div', [x, byChannel(g, 1, 2, 4, 8)]), scalar(g, 3)]),
};

for (const [name, add] of Object.entries(arithmetic)) {
  test(`${name} behind a convolution becomes part of it`, async (t) => {
    const g = graphBuilder();
    const graph = g.build([add(g, g.conv(g.input('x', [1, 3, 8, 8]), { weights: [4, 3, 3, 3], pad: 1 }))]);
    const folded = foldIntoConv(graph);
    t.deepEqual(operators(folded), ['Conv']);
    const feeds = randomFeeds(graph);
    const [before, after] = [await runOnce(graph, feeds), await runOnce(folded, feeds)];
    const [output = ''] = Object.keys(before);
    t.true(relativeDifference(before[output]!, after[output]!) < 1e-6);
  });
}

test('arithmetic stays where it is by pixel, divides by the convolution or by zero, or weights are shared', (t) => {
  const build = (make: (g: Builder, made: string) => string) => {
    const g = graphBuilder();
    return g.build([make(g, g.conv(g.input('x', [1, 3, 4, 4]), { weights: [4, 3, 1, 1] }))]);
  };
  const shared = graphBuilder();
  const [x, weights] = [shared.input('x', [1, 3, 4, 4]), shared.weights(4, 3, 1, 1)];
  const scaled = [2, 3].map((factor) =>
    shared.node('Mul', [shared.node('Conv', [x, weights]), scalar(shared, factor)]),
  );
  const graphs = [
    build((g, made) => g.node('Add', [made, g.weights(1, 1, 1, 4)])),
    build((g, made) => g.node('Add', [made, g.weights(1, 4, 4, 4)])),
    build((g, made) => g.node('Div', [byChannel(g, 1, 2, 3, 4), made])),
    build((g, made) => g.node('Sub', [byChannel(g, 1, 2, 3, 4), made])),
    build((g, made) => g.node('Div', [made, scalar(g, 0)])),
    build((g, made) => g.node('Mul', [made, made])),
    shared.build(scaled),
  ];
  for (const graph of graphs) t.is(foldIntoConv(graph), graph);
});
