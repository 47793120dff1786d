import test from 'ava';
import { quantizeModel } from '../../../calibrate/detptq/quantizeModel.js';
import { prepareGraph } from '../../../calibrate/quantize/prepareGraph.js';
import type { Engine } from '../../../runtime/engines/engine.js';
import { litertEngine } from '../../../runtime/engines/litert/litertEngine.js';
import { onnxruntimeEngine } from '../../../runtime/engines/onnxruntime/onnxruntimeEngine.js';
import { AgentError } from '../../../runtime/errors.js';
import { consumers, type Graph, type Node } from '../../../runtime/graph/graph.js';
import { float32Tensor } from '../../../runtime/graph/tensor.js';
import { litertTest } from '../../helpers/litert.js';
import { pyramidDetector, pyramidFrames } from '../../helpers/pyramidDetector.js';

/** The pyramid detector with one channel of its stem far below zero, before a LeakyReLU of slope `alpha`. */
function longTailed(alpha: number): Graph {
  const graph = prepareGraph(pyramidDetector().graph);
  const stem = graph.nodes.find(({ name }) => name === 'stem')!;
  const bias = (graph.initializers.get(stem.inputs[2]!)!.data as Float32Array).map((x, c) =>
    c === 0 ? x - 90 : x,
  );
  const attributes: Node['attributes'] = new Map([['alpha', { type: 'float', value: alpha }]]);
  return {
    ...graph,
    initializers: new Map([...graph.initializers, [stem.inputs[2]!, float32Tensor([bias.length], bias)]]),
    nodes: graph.nodes.map((node) => (node.name === 'stem_act' ? { ...node, attributes } : node)),
  };
}

async function quantized(
  graph: Graph,
  { weightBits = 8, servingEngine }: { weightBits?: number; servingEngine?: Engine } = {},
) {
  const search = await pyramidFrames(12, 1);
  return quantizeModel({
    manifest: pyramidDetector().manifest,
    graph,
    parentDigest: 'a'.repeat(64),
    frames: { search, heldOut: await pyramidFrames(12, 2) },
    recipe: 'fast',
    without: new Set(['scaling', 'rounding', 'moments']),
    weightBits,
    activationBits: 8,
    engine: onnxruntimeEngine,
    ...(servingEngine && { servingEngine }),
    threads: 1,
    seed: 0,
    toolVersion: '0.0.0',
  });
}

test('where a split mends the stem, nothing is left in float', async (t) => {
  const { report } = await quantized(longTailed(0.1));
  t.true(report.stages.find(({ name }) => name === 'preActivations')!.kept);
  t.false(report.stages.some(({ name }) => name === 'floatIslands'));
});

test('a stem that no split mends runs in float, also at the bits that come later, and the notes say so', async (t) => {
  for (const weightBits of [8, 4]) {
    const { report, graph } = await quantized(longTailed(-0.1), { weightBits });
    const [stem] = graph.nodes.find(({ name }) => name === 'stem')!.outputs;
    const behindStem = graph.nodes.flatMap(({ inputs, opType }) => (inputs.includes(stem!) ? [opType] : []));
    t.true(report.stages.find(({ name }) => name === 'floatIslands')!.kept);
    t.deepEqual(behindStem, ['LeakyRelu']);
    t.true(report.notes.includes('Not quantized, so that what makes them runs in float: stem.'));
  }
});

/** onnxruntime, but for its refusing to run convolutions whose outputs are not quantized. */
const integersOnly: Engine = {
  ...onnxruntimeEngine,
  name: 'integers-only',
  async load(graph, options) {
    const readers = consumers(graph);
    const stem = graph.nodes.find(({ name }) => name === 'stem')!;
    const [next] = readers.get(stem.outputs[0]!)!;
    if (next!.opType !== 'QuantizeLinear') throw new AgentError('op_unsupported', 'a stem in float');
    return onnxruntimeEngine.load(graph, options);
  },
};

test('where the engine that is to serve refuses them, no layers are left in float', async (t) => {
  const { report, graph } = await quantized(longTailed(-0.1), { servingEngine: integersOnly });
  const stage = report.stages.find(({ name }) => name === 'floatIslands')!;
  t.deepEqual(
    [stage.kept, stage.reason],
    [false, 'integers-only, which is to serve, refuses these layers in float'],
  );
  const session = await integersOnly.load(graph);
  await session.dispose();
});

test('an engine that refuses the network either way is not minded', async (t) => {
  const load = async () => Promise.reject(new AgentError('op_unsupported', 'anything'));
  const { report } = await quantized(longTailed(-0.1), { servingEngine: { ...onnxruntimeEngine, load } });
  t.true(report.stages.find(({ name }) => name === 'floatIslands')!.kept);
});

litertTest('LiteRT serves a network with a layer in float', async (t) => {
  const { report, graph } = await quantized(longTailed(-0.1), { servingEngine: litertEngine });
  t.true(report.stages.find(({ name }) => name === 'floatIslands')!.kept);
  const session = await litertEngine.load(graph);
  await session.dispose();
});
