import test from 'ava';
import { mergePointwise } from '../../../../runtime/graph/passes/mergePointwise.js';
import { relativeDifference, runOnce } from '../../../helpers/graphRuns.js';
import { graphBuilder, randomFeeds } from '../../../helpers/graphs.js';

type Builder = ReturnType<typeof graphBuilder>;

const filters = (graph: { nodes: readonly { opType: string; inputs: readonly string[] }[] }) =>
  graph.nodes.filter(({ opType }) => opType === 'Conv').length;

test('pointwise convolutions in a row, with and without bias, are one of the same values', async (t) => {
  const g = graphBuilder();
  const x = g.relu(g.conv(g.input('x', [1, 3, 8, 8]), { weights: [6, 3, 3, 3], pad: 1 }));
  const first = g.node('Conv', [x, g.weights(8, 6, 1, 1)]);
  const second = g.conv(first, { weights: [7, 8, 1, 1] });
  const third = g.conv(second, { weights: [5, 7, 1, 1] });
  const graph = g.build([third]);
  const merged = mergePointwise(graph);
  t.is(filters(merged), 2);
  t.is(merged.initializers.size, 4);
  const feeds = randomFeeds(graph);
  const [before, after] = [await runOnce(graph, feeds), await runOnce(merged, feeds)];
  t.true(relativeDifference(before[third]!, after[third]!) < 1e-6);
});

const left: Record<string, (g: Builder, x: string) => string | string[]> = {
  'a bottleneck, which spares work': (g, x) =>
    g.conv(g.conv(x, { weights: [2, 16, 1, 1] }), { weights: [16, 2, 1, 1] }),
  'a first one that others read': (g, x) => {
    const first = g.conv(x, { weights: [16, 16, 1, 1] });
    return g.node('Add', [g.conv(first, { weights: [16, 16, 1, 1] }), first]);
  },
  'a first one that is an output': (g, x) => {
    const first = g.conv(x, { weights: [16, 16, 1, 1] });
    return [first, g.conv(first, { weights: [16, 16, 1, 1] })];
  },
  'one with a border': (g, x) =>
    g.conv(g.conv(x, { weights: [16, 16, 1, 1] }), { weights: [16, 16, 1, 1], pad: 1 }),
  'one with a stride': (g, x) =>
    g.conv(g.conv(x, { weights: [16, 16, 1, 1] }), { weights: [16, 16, 1, 1], stride: 2 }),
  'one in groups': (g, x) =>
    g.conv(g.conv(x, { weights: [16, 16, 1, 1] }), { weights: [16, 1, 1, 1], group: 16 }),
  'a larger kernel': (g, x) => g.conv(g.conv(x, { weights: [16, 16, 1, 1] }), { weights: [16, 16, 3, 3] }),
  'an activation between': (g, x) =>
    g.conv(g.relu(g.conv(x, { weights: [16, 16, 1, 1] })), { weights: [16, 16, 1, 1] }),
  'weights that others share': (g, x) => {
    const weights = g.weights(16, 16, 1, 1);
    return g.node('Conv', [g.node('Conv', [x, weights]), weights]);
  },
};

for (const [what, build] of Object.entries(left)) {
  test(`left alone: ${what}`, (t) => {
    const g = graphBuilder();
    const graph = g.build([build(g, g.input('x', [1, 16, 8, 8]))].flat());
    t.is(mergePointwise(graph), graph);
  });
}
