import test from 'ava';
import { indexOfP } from '../../../calibrate/quantize/lpMetric.js';
import { packWeights } from '../../../calibrate/quantize/packWeights.js';
import { everywhere, quantizedGraph, type SearchProblem } from '../../../calibrate/search/problem.js';
import { tensorsOf } from '../../../calibrate/workbench/workbench.js';
import { onnxruntimeEngine } from '../../../runtime/engines/onnxruntime/onnxruntimeEngine.js';
import { consumers, type Graph } from '../../../runtime/graph/graph.js';
import { decodeOnnx, encodeOnnx } from '../../../runtime/graph/onnxCodec.js';
import { pyramidProblem } from '../../helpers/searchProblem.js';

async function quantizedPyramid(weightBits: number): Promise<{ problem: SearchProblem; graph: Graph }> {
  const problem = await pyramidProblem({ weightBits, activationBits: 8, images: 2 });
  return { problem, graph: quantizedGraph(problem, everywhere(problem, indexOfP(2))) };
}

const weightsUpTo = ({ plan }: SearchProblem, bits: number) =>
  new Set(plan.layers.filter(({ weightBits }) => weightBits <= bits).map(({ weight }) => weight));

async function outputsOf(graph: Graph, { inputs }: SearchProblem) {
  const session = await onnxruntimeEngine.load(graph);
  try {
    return await Promise.all(inputs.map(async (feed) => session.run(await tensorsOf(feed))));
  } finally {
    await session.dispose();
  }
}

for (const bits of [2, 4]) {
  test(`W${bits}: the packed file computes the same bits and is smaller by half of the packed codes`, async (t) => {
    const { problem, graph } = await quantizedPyramid(bits);
    const weights = weightsUpTo(problem, 4);
    t.true(weights.size > 0 && weights.size < problem.plan.layers.length);
    const packed = packWeights(graph, weights)!;
    const bytes = encodeOnnx(packed);
    const written = decodeOnnx(bytes);
    t.deepEqual(await outputsOf(written, problem), await outputsOf(graph, problem));

    const int4 = [...written.initializers.values()].filter(({ dtype }) => dtype === 'int4');
    t.is(int4.length, 2 * weights.size);
    const codes = int4.reduce((sum, { data }) => sum + data.length, 0);
    const saved = encodeOnnx(graph).byteLength - bytes.byteLength;
    t.true(Math.abs(saved / (codes / 2) - 1) < 0.05, `${saved} of ${codes / 2}`);
  });
}

test('nothing to pack leaves the graph and its operator set as they are', async (t) => {
  const { problem, graph } = await quantizedPyramid(8);
  t.is(packWeights(graph, weightsUpTo(problem, 4)), graph);
});

test('codes that need more than 4 bits, or that something else reads, stay', async (t) => {
  const { problem, graph } = await quantizedPyramid(8);
  t.is(packWeights(graph, weightsUpTo(problem, 8)), graph);

  const low = await quantizedPyramid(4);
  const weights = weightsUpTo(low.problem, 4);
  const [weight = ''] = weights;
  const dequantizer = low.graph.nodes.find(({ outputs }) => outputs[0] === weight)!;
  const [code = ''] = dequantizer.inputs;
  const reader = { ...dequantizer, name: 'copy', opType: 'Identity', inputs: [code], outputs: ['copy'] };
  const shared: Graph = {
    ...low.graph,
    nodes: [...low.graph.nodes, { ...reader, attributes: new Map() }],
    outputs: [...low.graph.outputs, { name: 'copy', dtype: 'int8', dims: [null] }],
  };
  t.is(consumers(shared).get(code)!.length, 2);
  t.is(packWeights(shared, weights)!.initializers.get(code)!.dtype, 'int8');
});

test('a graph whose operator set cannot be raised is not packed', async (t) => {
  const { problem, graph } = await quantizedPyramid(4);
  const foreign = { ...graph.nodes.at(-1)!, domain: 'com.example' };
  const nodes = [...graph.nodes.slice(0, -1), foreign];
  t.is(packWeights({ ...graph, nodes }, weightsUpTo(problem, 4)), undefined);
});
