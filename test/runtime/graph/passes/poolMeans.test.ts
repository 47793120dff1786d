import test from 'ava';
import { inferShapes } from '../../../../runtime/graph/passes/inferShapes.js';
import { poolMeans } from '../../../../runtime/graph/passes/poolMeans.js';
import { relativeDifference, runOnce } from '../../../helpers/graphRuns.js';
import { graphBuilder, randomFeeds } from '../../../helpers/graphs.js';

for (const opset of [13, 18]) {
  test(`a mean over the map of each channel is a GlobalAveragePool, in operator set ${opset}`, async (t) => {
    const g = graphBuilder({ opset });
    const x = g.input('x', [1, 4, 6, 5]);
    const mean =
      opset < 18
        ? g.node('ReduceMean', [x], { attributes: { axes: [-1, 2], keepdims: 1 } })
        : g.node('ReduceMean', [x, g.ints(3, -2)]);
    const graph = inferShapes(g.build([g.relu(mean)]));
    const pooled = poolMeans(graph);
    t.deepEqual(
      pooled.nodes.map(({ opType }) => opType),
      ['GlobalAveragePool', 'Relu'],
    );
    const feeds = randomFeeds(graph);
    const [before, after] = [await runOnce(graph, feeds), await runOnce(pooled, feeds)];
    const [output = ''] = Object.keys(before);
    t.true(relativeDifference(before[output]!, after[output]!) < 1e-5);
  });
}

test('a mean over other axes, of another rank or without its axes stays', (t) => {
  const graphs = [
    { dims: [1, 4, 6, 5], attributes: { axes: [1, 2] } },
    { dims: [1, 4, 6, 5], attributes: { axes: [3] } },
    { dims: [1, 4, 6, 5], attributes: { axes: [2, 3], keepdims: 0 } },
    { dims: [1, 4, 6, 5, 2], attributes: { axes: [2, 3] } },
  ].map(({ dims, attributes }) => {
    const g = graphBuilder();
    return inferShapes(g.build([g.node('ReduceMean', [g.input('x', dims)], { attributes })]));
  });
  for (const graph of graphs) t.is(poolMeans(graph), graph);
});
