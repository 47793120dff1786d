import test from 'ava';
import { inferShapes } from '../../../../runtime/graph/passes/inferShapes.js';
import { normsAsConvs } from '../../../../runtime/graph/passes/normsAsConvs.js';
import { relativeDifference, runOnce } from '../../../helpers/graphRuns.js';
import { graphBuilder, randomFeeds } from '../../../helpers/graphs.js';

test('a batch norm behind a sum is a depthwise convolution, one of the image stays', async (t) => {
  const g = graphBuilder();
  const image = g.batchNorm(g.input('x', [1, 3, 6, 6]), 3);
  const [a, b] = [1, 2].map(() => g.conv(image, { weights: [4, 3, 1, 1] })) as [string, string];
  const graph = inferShapes(g.build([g.relu(g.batchNorm(g.node('Add', [a, b]), 4))]));
  const rewritten = normsAsConvs(graph);
  t.deepEqual(
    rewritten.nodes.map(({ opType }) => opType),
    ['BatchNormalization', 'Conv', 'Conv', 'Add', 'Conv', 'Relu'],
  );
  const feeds = randomFeeds(graph);
  const [before, after] = [await runOnce(graph, feeds), await runOnce(rewritten, feeds)];
  const [output = ''] = Object.keys(before);
  t.true(relativeDifference(before[output]!, after[output]!) < 1e-6);
});

test('a batch norm of another rank or of computed statistics stays', (t) => {
  const flat = graphBuilder();
  const pooled = flat.node('Reshape', [
    flat.conv(flat.input('x', [1, 3, 1, 1]), { weights: [4, 3, 1, 1] }),
    flat.ints(1, 4),
  ]);
  const computed = graphBuilder();
  const conv = computed.conv(computed.input('x', [1, 3, 6, 6]), { weights: [4, 3, 1, 1] });
  const statistics = [1, 2, 3].map(() => computed.weights(4));
  const mean = computed.relu(computed.input('mean', [4]));
  const norm = computed.node('BatchNormalization', [conv, ...statistics.slice(1), mean, statistics[0]!]);
  for (const graph of [flat.build([flat.batchNorm(pooled, 4)]), computed.build([norm])].map(inferShapes))
    t.is(normsAsConvs(graph), graph);
});
