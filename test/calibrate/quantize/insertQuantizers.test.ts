import test from 'ava';
import { candidateFeeds } from '../../../calibrate/quantize/candidateFeeds.js';
import { biasName, codeName, insertQuantizers } from '../../../calibrate/quantize/insertQuantizers.js';
import { allP, indexOfP } from '../../../calibrate/quantize/lpMetric.js';
import { planQuantization } from '../../../calibrate/quantize/plan.js';
import { prepareGraph } from '../../../calibrate/quantize/prepareGraph.js';
import { dequantizeBias, quantizeBias, roomForBias } from '../../../calibrate/quantize/quantizedBias.js';
import { buildScaleTable, quantizersFor } from '../../../calibrate/quantize/scaleTable.js';
import { everywhere, quantizedGraph, type SearchProblem } from '../../../calibrate/search/problem.js';
import type { TensorMap } from '../../../runtime/engines/engine.js';
import { onnxruntimeEngine } from '../../../runtime/engines/onnxruntime/onnxruntimeEngine.js';
import type { Graph } from '../../../runtime/graph/graph.js';
import { extractSubgraph } from '../../../runtime/graph/passes/extractSubgraph.js';
import { float32Tensor, type Tensor } from '../../../runtime/graph/tensor.js';
import { assertWellFormed } from '../../../runtime/graph/wellFormed.js';
import { weightSpan } from '../../../runtime/quantParams.js';
import { distributionOf, gaussian } from '../../helpers/distributions.js';
import { relativeDifference, runOnce } from '../../helpers/graphRuns.js';
import { graphBuilder } from '../../helpers/graphs.js';
import { pyramidProblem } from '../../helpers/searchProblem.js';

const p2 = indexOfP(2);

function quantized(problem: SearchProblem, p = p2): Graph {
  return quantizedGraph(problem, everywhere(problem, p));
}

const packedOf = async (graph: Graph, feeds: TensorMap) => (await runOnce(graph, feeds)).packed!;

/** Root mean square of the difference, as a share of that of `expected`. */
function noise(expected: Tensor, got: Tensor): number {
  const squares = (values: readonly number[]) => values.reduce((sum, x) => sum + x * x, 0);
  const reference = [...(expected.data as Float32Array)];
  return Math.sqrt(squares(reference.map((x, i) => x - Number(got.data[i]!))) / squares(reference));
}

/** The codes of every tensor on a grid. */
function codesOf({ plan }: SearchProblem, graph: Graph, feeds: TensorMap): Promise<TensorMap> {
  return runOnce(extractSubgraph(graph, { to: [...plan.gridOfTensor.keys()].map(codeName) }), feeds);
}

test('inputs, outputs and every tensor on a grid keep their names and types', async (t) => {
  const problem = await pyramidProblem();
  const graph = quantized(problem);
  t.deepEqual(graph.inputs, problem.graph.inputs);
  t.deepEqual(graph.outputs, problem.graph.outputs);
  const made = new Map(graph.nodes.flatMap((node) => node.outputs.map((output) => [output, node.opType])));
  for (const tensor of problem.plan.gridOfTensor.keys()) {
    if (tensor !== 'image') t.is(made.get(tensor), 'DequantizeLinear', tensor);
    t.is(made.get(codeName(tensor)), 'QuantizeLinear', tensor);
  }
});

test('the more bits, the closer the output to the float one; at 8 bits it is within a few percent', async (t) => {
  const noises: number[] = [];
  for (const bits of [2, 3, 4, 6, 8]) {
    const problem = await pyramidProblem({ weightBits: bits, activationBits: bits, images: 2 });
    const [feeds] = problem.inputs;
    noises.push(noise(await packedOf(problem.graph, feeds!), await packedOf(quantized(problem), feeds!)));
  }
  for (let i = 1; i < noises.length; i++) t.true(noises[i]! < noises[i - 1]!, String(noises));
  t.true(noises.at(-1)! < 0.05, String(noises));
  t.true(noises[0]! > 0.2, String(noises));
});

for (const bits of [2, 3, 4, 7, 8]) {
  test(`activations of ${bits} bits take at most ${2 ** bits} codes, all within the range`, async (t) => {
    const problem = await pyramidProblem({ activationBits: bits, images: 2 });
    const codes = await codesOf(problem, quantized(problem), problem.inputs[0]!);
    for (const [tensor, id] of problem.plan.gridOfTensor) {
      const { bits: ofGrid } = problem.plan.grids[id]!;
      const used = new Set(codes[codeName(tensor)]!.data as Uint8Array);
      t.true(Math.max(...used) <= 2 ** ofGrid - 1, `${tensor}: ${Math.max(...used)}`);
      t.true(used.size > 1, tensor);
    }
  });
}

test('what only moves values moves codes: quantizing again changes nothing', async (t) => {
  const problem = await pyramidProblem();
  const codes = await codesOf(problem, quantized(problem), problem.inputs[0]!);
  const of = (tensor: string) => codes[codeName(tensor)]!.data as Uint8Array;
  // [16, 2, 2] to [16, 4, 4], nearest.
  t.deepEqual(
    of('upsampled'),
    Uint8Array.from(
      { length: 256 },
      (_, i) => of('relu_12')[(i >> 4) * 4 + ((i >> 3) & 1) * 2 + ((i >> 1) & 1)]!,
    ),
  );
  t.deepEqual(of('joined'), Uint8Array.from([...of('upsampled'), ...of('fine_act')]));
  // [8, 16, 16] to [8, 8, 8], the largest of four.
  t.deepEqual(
    of('pooled'),
    Uint8Array.from({ length: 512 }, (_, i) => {
      const corner = (i >> 6) * 256 + ((i >> 3) & 7) * 32 + (i & 7) * 2;
      return Math.max(...[0, 1, 16, 17].map((offset) => of('sum')[corner + offset]!));
    }),
  );
});

test('weights are int8 codes within the range of their bits, with a scale for each output channel', async (t) => {
  const problem = await pyramidProblem({ weightBits: 3 });
  const { initializers } = quantized(problem);
  for (const { weight, weightBits } of problem.plan.layers) {
    const codes = initializers.get(`${weight}/code`)!;
    t.is(codes.dtype, 'int8');
    t.deepEqual(codes.dims, problem.graph.initializers.get(weight)!.dims);
    const size = codes.data.length / codes.dims[0]!;
    for (let start = 0; start < codes.data.length; start += size) {
      const own = codes.data.slice(start, start + size) as Int8Array;
      t.true(Math.max(0, ...own) - Math.min(0, ...own) <= weightSpan(weightBits));
    }
    t.deepEqual(initializers.get(`${weight}/scale`)!.dims, [codes.dims[0]!]);
    t.false(initializers.has(weight));
  }
});

test('weights that two convolutions share are stored and dequantized once', async (t) => {
  const problem = await pyramidProblem();
  const tower = problem.plan.layers.find(({ name }) => name === 'tower0')!;
  const made = quantized(problem).nodes.filter(({ outputs }) => outputs[0] === tower.weight);
  t.is(made.length, 1);
});

test('biases are int32 on the product of the two scales, each to the nearest code', async (t) => {
  const problem = await pyramidProblem();
  const { initializers } = quantized(problem);
  const { grids, weights } = quantizersFor(problem.table, problem.plan, everywhere(problem, p2));
  for (const layer of problem.plan.layers) {
    for (const conv of layer.convs) {
      const grid = grids[problem.plan.gridOfTensor.get(conv.inputs[0]!)!]!;
      const codes = initializers.get(`${biasName(conv)}/code`)!;
      t.is(codes.dtype, 'int32');
      const bias = problem.graph.initializers.get(conv.inputs[2]!)!.data as Float32Array;
      for (const [channel, value] of bias.entries()) {
        const scale = grid.scale * weights[layer.index]!.scales[channel]!;
        const code = (codes.data as Int32Array)[channel]!;
        t.true(Math.abs(code * scale - value) <= 0.5001 * scale);
      }
    }
  }
});

test('weights whose steps are too small for the bias in int32 have larger ones, and it counts', async (t) => {
  const problem = await pyramidProblem({ weightBits: 8, activationBits: 8 });
  const quantizers = quantizersFor(problem.table, problem.plan, everywhere(problem, p2));
  // What an image of zeros gives: nothing but the biases comes out of the first convolution.
  const zeroRange = { ...quantizers.grids[0]!, scale: 1e-12, zeroPoint: 0 };
  const graph = insertQuantizers(problem.graph, problem.plan, {
    ...quantizers,
    grids: quantizers.grids.with(0, zeroRange),
  });
  const codes = graph.initializers.get('stem/quantized_bias/code')!.data as Int32Array;
  t.true(codes.every((code) => Math.abs(code) <= 2 ** 30));
  const black = { image: float32Tensor([1, 3, 32, 32], new Float32Array(3 * 32 * 32)) };
  const tensor = async (network: Graph, name: string) =>
    (await runOnce(extractSubgraph(network, { to: [name] }), black))[name]!;
  const [raw, stem] = [await tensor(graph, 'stem/raw'), await tensor(problem.graph, 'stem')];
  t.true(relativeDifference(stem, raw) < 1e-6);
});

test('a channel of tiny weights beside a large bias is quantized as all others, and the others as without it', (t) => {
  const dims = [2, 1, 1, 1];
  const weights = { dims, codes: Int8Array.of(127, -127), scales: Float32Array.of(0.01, 1e-14) };
  const bias = float32Tensor([2], Float32Array.of(0.5, -3));
  const read = { scale: 0.02, zeroPoint: 0, qmin: 0, qmax: 255 };
  const roomy = roomForBias(weights, bias, read);
  t.deepEqual([roomy.codes[0], roomy.scales[0]], [127, weights.scales[0]]);
  t.is(roomy.codes[1]! + 0, 0);
  const value = dequantizeBias(quantizeBias(bias, read, roomy));
  t.true(relativeDifference(bias, value) < 1e-3);
  t.true(Math.abs(Number(value.data[1]) + 3) < 1e-6);
  // Nothing is lost where it fits.
  t.is(roomForBias({ ...weights, scales: Float32Array.of(0.01, 0.02) }, bias, read).codes, weights.codes);
});

test('what folding a batch norm leaves clashes with no name of a quantizer', (t) => {
  const g = graphBuilder();
  const x = g.input('x', [1, 3, 8, 8]);
  const hidden = g.relu(g.batchNorm(g.conv(x, { weights: [4, 3, 3, 3], pad: 1 }), 4));
  const graph = prepareGraph(g.build([g.batchNorm(g.conv(hidden, { weights: [2, 4, 1, 1] }), 2)]));
  const plan = planQuantization(graph, { weightBits: 8, activationBits: 8 });
  const distributions = plan.grids.map(() => distributionOf(gaussian(100, 1)));
  const table = buildScaleTable(graph, plan, distributions);
  const quantizers = quantizersFor(table, plan, everywhere({ plan }, p2));
  t.notThrows(() => assertWellFormed(insertQuantizers(graph, plan, quantizers), 'quantized'));
});

test('what the engine makes of the file when it fuses is what it says unfused, up to a step here and there', async (t) => {
  for (const bits of [8, 4]) {
    const problem = await pyramidProblem({ weightBits: bits, activationBits: bits });
    const graph = quantized(problem);
    const float = await packedOf(problem.graph, problem.inputs[0]!);
    const unfused = await packedOf(graph, problem.inputs[0]!);
    const session = await onnxruntimeEngine.load(graph, { optimization: 'all' });
    const served = (await session.run(problem.inputs[0]!)).packed!;
    await session.dispose();
    t.true(
      noise(unfused, served) < 0.3 * noise(float, unfused),
      `${bits}: ${noise(unfused, served)} ${noise(float, unfused)}`,
    );
  }
});

for (const bits of [8, 4]) {
  test(`at ${bits} bits an open layer fed with the parameters of a p computes what the closed graph does`, async (t) => {
    const problem = await pyramidProblem({ weightBits: bits, activationBits: bits, images: 2 });
    const [feeds] = problem.inputs;
    for (const layer of problem.plan.layers) {
      const graph = quantizedGraph(problem, everywhere(problem, p2), layer);
      for (const p of allP) {
        const pOfLayer = everywhere(problem, p2).with(layer.index, p);
        const candidate = candidateFeeds(
          problem,
          quantizersFor(problem.table, problem.plan, pOfLayer),
          layer,
        );
        t.deepEqual(graph.inputs.map(({ name }) => name).sort(), ['image', ...Object.keys(candidate)].sort());
        const closed = quantizedGraph(problem, pOfLayer);
        t.deepEqual(await packedOf(graph, { ...feeds, ...candidate }), await packedOf(closed, feeds!));
      }
    }
  });
}

test('the float graph is left as it was', async (t) => {
  const problem = await pyramidProblem();
  const before = structuredClone({ nodes: problem.graph.nodes, initializers: problem.graph.initializers });
  quantized(problem);
  t.deepEqual(problem.graph.nodes, before.nodes);
  t.deepEqual(problem.graph.initializers, before.initializers);
});
