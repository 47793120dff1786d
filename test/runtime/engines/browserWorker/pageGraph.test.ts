import test from 'ava';
import { pageGraph } from '../../../../runtime/engines/browserWorker/pageGraph.js';
import type { TensorMap } from '../../../../runtime/engines/engine.js';
import { onnxruntimeEngine } from '../../../../runtime/engines/onnxruntime/onnxruntimeEngine.js';
import { getEngine } from '../../../../runtime/engines/registry.js';
import type { Graph } from '../../../../runtime/graph/graph.js';
import { float32Tensor } from '../../../../runtime/graph/tensor.js';
import { opCases } from '../../../contract/opCases.js';
import { enginesUnderTest } from '../../../helpers/engines.js';
import { relativeDifference, runOnce } from '../../../helpers/graphRuns.js';
import { graphBuilder, randomFeeds } from '../../../helpers/graphs.js';
import { qdqGraph } from '../../../helpers/qdqGraphs.js';

const { available, name } = (await enginesUnderTest()).find(({ engine }) => engine.name === 'webgpu')!;
const webgpuTest = available ? test.serial : test.serial.skip;

/** The outputs as onnxruntime computes them in integers. */
async function executed(graph: Graph, feeds: TensorMap): Promise<TensorMap> {
  const session = await onnxruntimeEngine.load(graph);
  try {
    return await session.run(feeds);
  } finally {
    await session.dispose();
  }
}

const operators = (graph: Graph) => graph.nodes.map(({ opType }) => opType);

/** A convolution of 576 products a sum, and a linear Resize whose sums are ties at every sixteenth, between grids. */
function coarseGraph(size: number): Graph {
  const resize = { mode: 'linear', coordinate_transformation_mode: 'half_pixel' };
  return qdqGraph(
    (g, x) => {
      const pads = [1, 1, 1, 1];
      const conv = (input: string, weights: readonly number[]) =>
        g.onGrid(g.node('Conv', [input, g.codedWeights(weights)], { attributes: { pads } }));
      const scales = g.constant(float32Tensor([4], Float32Array.of(1, 1, 2, 2)));
      const made = conv(conv(x, [64, 3, 3, 3]), [8, 64, 3, 3]);
      return g.onGrid(g.node('Resize', [made, '', scales], { attributes: resize }));
    },
    { dims: [1, 3, size, size] },
  );
}

test('a quantized graph is given as sums of whole numbers, to be run as they stand', async (t) => {
  const graph = coarseGraph(16);
  const given = pageGraph('webgpu', { graph, optimization: 'all' });
  t.is(given.optimization, 'none');
  t.false(operators(given.graph).includes('Resize'));
  const feeds = randomFeeds(graph);
  t.deepEqual(await runOnce(given.graph, feeds), await executed(graph, feeds));
});

test('a graph in float, or whose sizes only a run knows, is given as it is', (t) => {
  const g = graphBuilder();
  const float = g.build([g.conv(g.input('x', [1, 3, 8, 8]), { weights: [4, 3, 3, 3] })]);
  const unknown = qdqGraph((g, x) => g.convOnGrid(x, { weights: [4, 3, 3, 3] }), { dims: [1, 3, 8, 8] });
  const sizeless = { ...unknown, inputs: [{ ...unknown.inputs[0]!, dims: [1, 3, 'height', 'width'] }] };
  for (const graph of [float, sizeless])
    t.deepEqual(pageGraph('webgpu', { graph, optimization: 'all' }), { graph, optimization: 'all' });
});

/** What WebNN lacks or computes wrongly, by the titles of the cases. */
const gaps = /^MaxPool|^Resize|zero point that are fed$/;
for (const { title, build, opset, feeds } of opCases.filter(({ title }) => gaps.test(title))) {
  test(`${title}: as WebNN is given it, it computes the same`, async (t) => {
    const g = graphBuilder(opset === undefined ? {} : { opset });
    const graph = g.build(build(g));
    const given = pageGraph('webnn', { graph, optimization: 'all' });
    for (const { opType, attributes, inputs } of given.graph.nodes) {
      t.not(opType, 'Resize');
      t.false(opType === 'MaxPool' && ['pads', 'auto_pad', 'ceil_mode'].some((name) => attributes.has(name)));
      const isQuantizer = ['QuantizeLinear', 'DequantizeLinear'].includes(opType);
      t.true(!isQuantizer || inputs.slice(1).every((input) => given.graph.initializers.has(input)));
    }
    const fed = feeds ?? randomFeeds(graph);
    const [expected, got] = [await runOnce(graph, fed), await runOnce(given.graph, fed)];
    // Linear sums of four in float32 may be rounded in another place.
    for (const { name } of graph.outputs) {
      t.true(relativeDifference(expected[name]!, got[name]!) < 1e-6);
      t.is(got[name]!.dtype, expected[name]!.dtype);
    }
  });
}

test('what is added has names that the graph does not have', async (t) => {
  const g = graphBuilder();
  const x = g.input('x', [1, 2, 8, 8]);
  const taken = g.node('Relu', [x], { name: 'x/padded' });
  const pool = { attributes: { kernel_shape: [3, 3], pads: [1, 1, 1, 1] } };
  const graph = g.build([taken, g.node('MaxPool', [x], pool), g.node('MaxPool', [x], pool)]);
  const given = pageGraph('webnn', { graph, optimization: 'all' });
  const names = given.graph.nodes.flatMap(({ outputs }) => outputs);
  t.is(new Set(names).size, names.length);
  const feeds = randomFeeds(graph);
  t.deepEqual(await runOnce(given.graph, feeds), await runOnce(graph, feeds));
});

webgpuTest(`${name}: the codes of a quantized graph are onnxruntime's`, async (t) => {
  const graph = coarseGraph(128);
  const feeds = randomFeeds(graph);
  const session = await getEngine('webgpu').load(graph);
  t.teardown(() => session.dispose());
  t.deepEqual(await session.run(feeds), await executed(graph, feeds));
});
