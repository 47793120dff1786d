import test from 'ava';
import { planQuantization } from '../../../calibrate/quantize/plan.js';
import { prepareGraph } from '../../../calibrate/quantize/prepareGraph.js';
import { observe } from '../../../calibrate/workbench/observe.js';
import type { Workbench } from '../../../calibrate/workbench/workbench.js';
import type { TensorMap } from '../../../runtime/engines/engine.js';
import { onnxruntimeEngine } from '../../../runtime/engines/onnxruntime/onnxruntimeEngine.js';
import { extractSubgraph } from '../../../runtime/graph/passes/extractSubgraph.js';
import { float32Tensor } from '../../../runtime/graph/tensor.js';
import { distributionOf } from '../../helpers/distributions.js';
import { runOnce } from '../../helpers/graphRuns.js';
import { graphBuilder, randomFeeds } from '../../helpers/graphs.js';
import { pyramidDetector } from '../../helpers/pyramidDetector.js';
import { workbench } from '../../helpers/searchProblem.js';

const graph = prepareGraph(pyramidDetector().graph);
const plan = planQuantization(graph, { weightBits: 8, activationBits: 8 });
const inputs = [1, 2, 3].map((seed) => randomFeeds(graph, seed));
/** Without fusions, so that a tensor has the same bits whatever else is asked for. */
const unfused: Workbench = {
  ...workbench(),
  engine: {
    ...onnxruntimeEngine,
    load: (piece, options) => onnxruntimeEngine.load(piece, { ...options, optimization: 'none' }),
  },
};
const names = ['a.jpg', 'b.jpg', 'c.jpg'];

test('the outputs are those of the float network, and each grid has the values of its tensors', async (t) => {
  const [feeds] = inputs;
  const outputs: TensorMap[] = [];
  const distributions = await observe(
    unfused,
    { graph, plan },
    { inputs: [feeds!], names, onOutputs: (made, image) => (outputs[image] = made) },
  );
  const own = graph.outputs.map(({ name }) => [name, outputs[0]![name]!] as const);
  t.deepEqual([Object.fromEntries(own)], [await runOnce(graph, feeds!)]);
  const values = async (tensor: string) =>
    (await runOnce(extractSubgraph(graph, { to: [tensor] }), feeds!))[tensor]!.data as Float32Array;
  const of = (tensor: string) => distributions[plan.gridOfTensor.get(tensor)!]!;
  t.deepEqual(of('stem'), distributionOf(await values('stem')));
  t.deepEqual(of('image'), distributionOf(feeds!.image!.data as Float32Array));
  // Moved values are not counted again, and what a pool alone reads counts as far as it keeps it.
  t.deepEqual(of('sum'), distributionOf(await values('pooled')));
  t.is(of('sum'), of('pooled'));
  t.deepEqual(
    of('joined'),
    distributionOf(Float32Array.from([...(await values('fine_act')), ...(await values('relu_12'))])),
  );
});

test('where channels go through several functions, the values of each are known apart', async (t) => {
  const g = graphBuilder();
  const made = g.conv(g.input('x', [1, 3, 4, 4]), { weights: [4, 3, 1, 1] });
  const slopes = g.constant(float32Tensor([4, 1, 1], Float32Array.of(0.1, 0.2, 0.2, 0.1)));
  const graph = prepareGraph(g.build([g.conv(g.node('PRelu', [made, slopes]), { weights: [2, 4, 1, 1] })]));
  const plan = planQuantization(graph, { weightBits: 8, activationBits: 8 });
  const feeds = randomFeeds(graph);
  const distributions = await observe(unfused, { graph, plan }, { inputs: [feeds], names });
  const values = (await runOnce(extractSubgraph(graph, { to: [made] }), feeds))[made]!.data as Float32Array;
  const { byFunction } = distributions[plan.gridOfTensor.get(made)!]!;
  for (const [f, channels] of [
    [0, 3],
    [1, 2],
  ].entries()) {
    const own = Float32Array.from(
      channels.flatMap((channel) => [...values.subarray(16 * channel, 16 * channel + 16)]),
    );
    const { centers, weights } = distributionOf(own);
    t.deepEqual(byFunction![f], { centers, weights: weights.map((weight) => weight / 2) });
  }
});

test('where channels were moved before they go through their functions, values are known together only', async (t) => {
  const g = graphBuilder();
  const made = g.conv(g.input('x', [1, 3, 4, 4]), { weights: [4, 3, 1, 1] });
  const turned = g.node('Slice', [made, g.ints(-1), g.ints(-5), g.ints(1), g.ints(-1)]);
  const slopes = g.constant(float32Tensor([4, 1, 1], Float32Array.of(0.1, 0.2, 0.2, 0.3)));
  const graph = prepareGraph(g.build([g.conv(g.node('PRelu', [turned, slopes]), { weights: [2, 4, 1, 1] })]));
  const plan = planQuantization(graph, { weightBits: 8, activationBits: 8 });
  const grid = plan.grids[plan.gridOfTensor.get(made)!]!;
  t.is(grid.activation?.functions.length, 3);
  const distributions = await observe(unfused, { graph, plan }, { inputs: [randomFeeds(graph)], names });
  t.is(distributions[grid.id]!.byFunction, undefined);
});

test('distributions add up over the images, in whatever order they come', async (t) => {
  const all = await observe(workbench(), { graph, plan }, { inputs, names });
  const backwards = await observe(workbench(), { graph, plan }, { inputs: inputs.toReversed(), names });
  t.deepEqual(backwards, all);
});

test('activations that are not finite are an error that names tensor and frame', async (t) => {
  for (const value of [Number.NaN, Number.POSITIVE_INFINITY]) {
    const broken = new Float32Array(3 * 32 * 32);
    broken[77] = value;
    const feeds = inputs.with(1, { image: float32Tensor([1, 3, 32, 32], broken) });
    const error = await t.throwsAsync(observe(workbench(), { graph, plan }, { inputs: feeds, names }), {
      code: 'activations_not_finite',
    });
    t.regex(error!.message, /tensor image on frame b\.jpg/);
  }
});

test('activations that overflow inside the network are named where they first are', async (t) => {
  const initializers = new Map(graph.initializers);
  const weight = plan.layers.find(({ name }) => name === 'fine')!.weight;
  const { dims, data } = initializers.get(weight)!;
  initializers.set(
    weight,
    float32Tensor(
      dims,
      (data as Float32Array).map(() => 3e38),
    ),
  );
  const overflowing = { ...graph, initializers };
  const error = await t.throwsAsync(observe(workbench(), { graph: overflowing, plan }, { inputs, names }), {
    code: 'activations_not_finite',
  });
  t.regex(error!.message, /tensor fine on frame [abc]\.jpg/);
});

test('an abort stops it', async (t) => {
  const observing = observe(workbench(AbortSignal.abort()), { graph, plan }, { inputs, names });
  await t.throwsAsync(observing, { code: 'aborted' });
});
