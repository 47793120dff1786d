import test from 'ava';
import { flattenChannelsLast } from '../../../../runtime/engines/onnxruntime/integer/flattenChannelsLast.js';
import type { Graph } from '../../../../runtime/graph/graph.js';
import { inferShapes } from '../../../../runtime/graph/passes/inferShapes.js';
import { runOnce } from '../../../helpers/graphRuns.js';
import { graphBuilder, randomFeeds } from '../../../helpers/graphs.js';

/** Two heads of 6 channels, flattened, joined and, `isTransposed`, with the channels last. */
function tail({ isTransposed }: { isTransposed: boolean }): Graph {
  const g = graphBuilder();
  const parts = [
    g.node('Reshape', [g.input('a', [1, 6, 4, 5]), g.ints(1, 6, -1)]),
    g.node('Reshape', [g.node('Sigmoid', [g.input('b', [1, 6, 2, 3])]), g.ints(1, 6, -1)]),
  ];
  const joined = g.node('Concat', parts, { attributes: { axis: 2 } });
  return inferShapes(
    g.build([isTransposed ? g.node('Transpose', [joined], { attributes: { perm: [0, 2, 1] } }) : joined]),
  );
}

test('what is transposed after it was flattened is flattened between transposes, of the same values', async (t) => {
  const graph = tail({ isTransposed: true });
  const flattened = flattenChannelsLast(graph);
  const order = flattened.nodes.map(({ opType }) => opType);
  t.deepEqual(order.slice(0, 3), ['Transpose', 'Reshape', 'Transpose']);
  t.is(order.filter((opType) => opType === 'Transpose').length, 5);
  const feeds = randomFeeds(graph);
  t.deepEqual(await runOnce(flattened, feeds), await runOnce(graph, feeds));
});

test('what stays in the order of ONNX is flattened as it was', (t) => {
  const graph = tail({ isTransposed: false });
  t.deepEqual(flattenChannelsLast(graph).nodes, graph.nodes);
});
