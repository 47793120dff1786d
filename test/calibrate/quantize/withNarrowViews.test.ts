import test from 'ava';
import { indexOfP } from '../../../calibrate/quantize/lpMetric.js';
import { planQuantization } from '../../../calibrate/quantize/plan.js';
import { prepareGraph } from '../../../calibrate/quantize/prepareGraph.js';
import { withNarrowViews } from '../../../calibrate/quantize/withNarrowViews.js';
import { everywhere, quantizedGraph } from '../../../calibrate/search/problem.js';
import type { Graph } from '../../../runtime/graph/graph.js';
import { runOnce } from '../../helpers/graphRuns.js';
import { graphBuilder, randomFeeds } from '../../helpers/graphs.js';
import { pyramidProblem } from '../../helpers/searchProblem.js';

const four = { weightBits: 4, activationBits: 4 };

const viewsOf = ({ nodes }: Graph) =>
  nodes.filter(({ opType }) => opType === 'Identity').map(({ inputs: [tensor] }) => tensor!);

/** A residual block: its sum is read by two convolutions and by the next sum, what is between them by one convolution alone. */
function residualNetwork() {
  const g = graphBuilder();
  const stem = g.relu(g.conv(g.input('x', [1, 3, 8, 8]), { weights: [4, 3, 1, 1] }));
  const between = g.relu(g.conv(stem, { weights: [4, 4, 1, 1] }));
  const sum = g.node('Add', [stem, g.conv(between, { weights: [4, 4, 1, 1] })]);
  const branches = [1, 2].map(() => g.conv(sum, { weights: [4, 4, 1, 1] }));
  const last = branches.reduce((total, branch) => g.node('Add', [total, branch]), sum);
  const graph = prepareGraph(g.build([g.conv(g.relu(last), { weights: [2, 4, 1, 1] })]));
  return { graph, stem, between, sum };
}

test('only what others read, too, gets a view, one for all convolutions', (t) => {
  const { graph, stem, sum } = residualNetwork();
  const viewed = withNarrowViews(graph, four);
  t.deepEqual(viewsOf(viewed), [stem, sum]);
  t.is(
    viewed.nodes.filter(({ opType, inputs }) => opType === 'Conv' && inputs[0] === `${sum}/narrow`).length,
    2,
  );
});

test('with views the network computes the same, and a second time nothing is added', async (t) => {
  const { graph } = residualNetwork();
  const viewed = withNarrowViews(graph, four);
  const feeds = randomFeeds(graph);
  t.deepEqual(await runOnce(viewed, feeds), await runOnce(graph, feeds));
  t.deepEqual(withNarrowViews(viewed, four), viewed);
  t.is(withNarrowViews(graph, { weightBits: 4, activationBits: 8 }), graph);
});

test('the views and what convolutions alone read have fewer bits, all else keeps 8', (t) => {
  const { graph, stem, between, sum } = residualNetwork();
  const { grids } = planQuantization(withNarrowViews(graph, four), four);
  t.deepEqual(
    grids.filter(({ bits }) => bits === 4).flatMap(({ tensors }) => tensors),
    [`${stem}/narrow`, between, `${sum}/narrow`],
  );
  t.true(grids.every(({ bits }) => bits === 4 || bits === 8));
});

test('what a layer reads that keeps 8 bits has no view any more', (t) => {
  const { graph, stem, sum } = residualNetwork();
  const viewed = withNarrowViews(graph, four);
  const { layers } = planQuantization(viewed, four);
  const [first, second] = layers.filter(({ convs }) => convs[0]!.inputs[0] === `${sum}/narrow`);
  const mixed = { ...four, wideLayers: new Set([first!.weight]) };
  const widened = withNarrowViews(viewed, mixed);
  t.deepEqual(viewsOf(widened), [stem]);
  t.deepEqual(widened, withNarrowViews(graph, mixed));
  const plan = planQuantization(widened, mixed);
  t.deepEqual(
    [first!, second!].map(({ index }) => [
      plan.layers[index]!.weightBits,
      plan.layers[index]!.activationBits,
    ]),
    [
      [8, 8],
      [4, 8],
    ],
  );
  t.deepEqual(withNarrowViews(viewed, { weightBits: 4, activationBits: 8 }).nodes, graph.nodes);
});

test('in the quantized graph a view is a quantizer, no node of its own', async (t) => {
  const problem = await pyramidProblem({ activationBits: 4, images: 1 });
  t.true(viewsOf(problem.graph).length > 0);
  const quantized = quantizedGraph(problem, everywhere(problem, indexOfP(2)));
  t.deepEqual(viewsOf(quantized), []);
});
