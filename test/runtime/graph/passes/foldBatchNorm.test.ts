import test from 'ava';
import { foldBatchNorm } from '../../../../runtime/graph/passes/foldBatchNorm.js';
import { relativeDifference, runOnce } from '../../../helpers/graphRuns.js';
import { graphBuilder, randomFeeds } from '../../../helpers/graphs.js';

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
  const folded = foldBatchNorm(graph);
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
  const folded = foldBatchNorm(graph);
  t.deepEqual(operators(folded), ['Conv', 'Conv']);
  const feeds = randomFeeds(graph);
  const [before, after] = [await runOnce(graph, feeds), await runOnce(folded, feeds)];
  for (const name of outputs) t.true(relativeDifference(before[name]!, after[name]!) < 1e-6);
});

test('a batch norm stays where something else needs the convolution, or where weights are no constants', (t) => {
  const shared = graphBuilder();
  const conv = shared.conv(shared.input('x', [1, 3, 8, 8]), { weights: [4, 3, 1, 1] });
  const sharedGraph = shared.build([shared.node('Add', [shared.batchNorm(conv, 4), conv])]);
  t.is(foldBatchNorm(sharedGraph), sharedGraph);

  const output = graphBuilder();
  const visible = output.conv(output.input('x', [1, 3, 8, 8]), { weights: [4, 3, 1, 1] });
  const outputGraph = output.build([visible, output.batchNorm(visible, 4)]);
  t.is(foldBatchNorm(outputGraph), outputGraph);

  const fed = graphBuilder();
  const reads = [fed.input('x', [1, 3, 8, 8]), fed.input('w', [4, 3, 1, 1])];
  const fedGraph = fed.build([fed.batchNorm(fed.node('Conv', reads), 4)]);
  t.is(foldBatchNorm(fedGraph), fedGraph);
});
