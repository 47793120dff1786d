import test from 'ava';
import type { ValueDistribution } from '../../../calibrate/quantize/histogram.js';
import { rawName } from '../../../calibrate/quantize/insertQuantizers.js';
import { indexOfP } from '../../../calibrate/quantize/lpMetric.js';
import { planQuantization } from '../../../calibrate/quantize/plan.js';
import { prepareGraph } from '../../../calibrate/quantize/prepareGraph.js';
import { buildScaleTable } from '../../../calibrate/quantize/scaleTable.js';
import type { Memo } from '../../../calibrate/search/memo.js';
import { Odol } from '../../../calibrate/search/odol.js';
import { mean } from '../../../calibrate/search/paired.js';
import {
  everywhere,
  odolByImage,
  quantizedGraph,
  type SearchProblem,
} from '../../../calibrate/search/problem.js';
import { preActivationGrids, rankPreActivations } from '../../../calibrate/stages/preActivationGrids.js';
import { mendPreActivations, sensitivePreActivations } from '../../../calibrate/stages/preActivations.js';
import { prepareImages } from '../../../calibrate/workbench/images.js';
import { observe } from '../../../calibrate/workbench/observe.js';
import { TensorStore } from '../../../calibrate/workbench/tensorStore.js';
import { runGraph } from '../../../calibrate/workbench/workbench.js';
import { createHead } from '../../../runtime/detector/heads/createHead.js';
import { Processing } from '../../../runtime/detector/processing.js';
import type { Graph, Node } from '../../../runtime/graph/graph.js';
import { extractSubgraph } from '../../../runtime/graph/passes/extractSubgraph.js';
import { float32Tensor } from '../../../runtime/graph/tensor.js';
import { affineParams } from '../../../runtime/quantParams.js';
import { graphBuilder } from '../../helpers/graphs.js';
import { pyramidDetector, pyramidFrames } from '../../helpers/pyramidDetector.js';
import { workbench } from '../../helpers/searchProblem.js';

const eight = { weightBits: 8, activationBits: 8 };
const images = 6;

/** The pyramid detector with one channel of its stem far below zero, and a LeakyReLU of slope `alpha` behind it. */
function longTailed(alpha = 0.1): Graph {
  const graph = prepareGraph(pyramidDetector().graph);
  const bias = graph.nodes.find(({ name }) => name === 'stem')!.inputs[2]!;
  const shifted = (graph.initializers.get(bias)!.data as Float32Array).map((x, c) => (c === 0 ? x - 30 : x));
  const attributes: Node['attributes'] = new Map([['alpha', { type: 'float', value: alpha }]]);
  return {
    ...graph,
    initializers: new Map([...graph.initializers, [bias, float32Tensor([shifted.length], shifted)]]),
    nodes: graph.nodes.map((node) => (node.name === 'stem_act' ? { ...node, attributes } : node)),
  };
}

interface Observed {
  readonly problem: SearchProblem;
  readonly distributions: readonly ValueDistribution[];
}

/** @param reference the loss of another form of the same network; default: one against the graph itself */
async function observed(
  graph: Graph,
  { reference, floatTensors = [] }: { reference?: Odol; floatTensors?: readonly string[] } = {},
): Promise<Observed> {
  const { manifest } = pyramidDetector();
  const processing = new Processing(manifest, createHead(manifest, graph));
  const set = await prepareImages(processing, await pyramidFrames(images), {
    shelf: new TensorStore().shelf(),
  });
  const plan = planQuantization(graph, { ...eight, floatTensors: new Set(floatTensors) });
  const odol = reference ?? new Odol(processing.head);
  const onOutputs = reference ? undefined : odol.addReference.bind(odol);
  const distributions = await observe(workbench(), { graph, plan }, { ...set, onOutputs });
  const table = buildScaleTable(graph, plan, distributions);
  return { problem: { graph, plan, table, odol, inputs: set.inputs }, distributions };
}

const p2 = (problem: SearchProblem) => everywhere(problem, indexOfP(2));
const odolOf = async (problem: SearchProblem) => mean(await odolByImage(workbench(), problem, p2(problem)));
const findingsOf = ({ problem, distributions }: Observed) =>
  sensitivePreActivations(workbench(), problem, { pOfLayer: p2(problem), distributions, images });

/** The long-tailed network as it is, mended as was found, and with the stem's pre-activation in float. */
const forms = (async () => {
  const whole = await observed(longTailed());
  const { graph, odol } = whole.problem;
  const findings = await findingsOf(whole);
  const split = await observed(mendPreActivations(graph, findings), { reference: odol });
  const floatTensors = findings.flatMap(({ tensors }) => tensors);
  return { whole, findings, split, removed: await observed(graph, { reference: odol, floatTensors }) };
})();

test('a stem with a long negative tail is named, and no other layer, with what mends it', async (t) => {
  const { findings } = await forms;
  t.deepEqual(findings, [{ tensors: ['stem'], remedy: 'split' }]);
});

test('mended, the network loses hardly more than without the grid', async (t) => {
  const { whole, split, removed } = await forms;
  const before = await odolOf(whole.problem);
  const [after, without] = [await odolOf(split.problem), await odolOf(removed.problem)];
  t.true(before - after > 0.75 * (before - without), `${before} to ${after}, without the grid ${without}`);
  t.true(before - without > 0.1 * before);
});

test('the split cuts the error behind the activation to less than a quarter', async (t) => {
  const { whole, split, removed } = await forms;
  const activated = async ({ problem }: Observed) => {
    const tensor = rawName('stem_act');
    const piece = extractSubgraph(quantizedGraph(problem, p2(problem)), { to: [tensor] });
    const values = await runGraph(
      workbench(),
      piece,
      problem.inputs,
      (outputs) => outputs[tensor]!.data as Float32Array,
    );
    return values.flatMap((data) => [...data]);
  };
  const expected = await activated(removed);
  const errorOf = async (network: Observed) =>
    Math.sqrt(mean((await activated(network)).map((value, i) => (value - expected[i]!) ** 2)));
  const [before, after] = [await errorOf(whole), await errorOf(split)];
  t.true(before > 4 * after, `${before} to ${after}`);
});

test('what was measured before is not measured again', async (t) => {
  const { whole, findings } = await forms;
  const { problem, distributions } = whole;
  const kept = new Map<string, unknown>();
  const memo: Memo = async (name, schema, compute) => {
    if (!kept.has(name)) kept.set(name, await compute());
    return schema.parse(kept.get(name));
  };
  const options = { pOfLayer: p2(problem), distributions, images, memo };
  const [first, second] = [workbench(), workbench()];
  t.deepEqual(await sensitivePreActivations(first, problem, options), findings);
  t.true(first.counter.passes > 0);
  t.deepEqual(await sensitivePreActivations(second, problem, options), findings);
  t.is(second.counter.passes, 0);
});

test('where a LeakyReLU cannot be split, floating is offered', async (t) => {
  const { problem, distributions } = await observed(longTailed(-0.1));
  const findings = await findingsOf({ problem, distributions });
  t.deepEqual(findings[0], { tensors: ['stem'], remedy: 'float' });
  t.is(mendPreActivations(problem.graph, findings.slice(0, 1)), problem.graph);
});

test('a network whose activations are all fused has no such grids, and nothing is run', async (t) => {
  const { graph } = pyramidDetector();
  const fused = prepareGraph({
    ...graph,
    nodes: graph.nodes.map((node) =>
      node.name === 'stem_act'
        ? { ...node, opType: 'Relu', attributes: new Map() }
        : // ReLU(x) in the place of SiLU(x): the gate is left without readers.
          node.name === 'fine_act'
          ? { ...node, opType: 'Relu', inputs: node.inputs.slice(0, 1) }
          : node,
    ),
  });
  const { problem, distributions } = await observed(fused);
  const bench = workbench();
  const options = { pOfLayer: p2(problem), distributions, images };
  t.deepEqual(await sensitivePreActivations(bench, problem, options), []);
  t.is(bench.counter.passes, 0);
});

test('pre-activation grids are those between a convolution, pooled or not, and the activation that alone reads them', (t) => {
  const g = graphBuilder();
  const leaky = (x: string) => g.node('LeakyRelu', [x]);
  const plain = g.conv(g.input('x', [1, 3, 16, 16]), { weights: [4, 3, 1, 1] });
  const below = g.conv(leaky(plain), { weights: [4, 4, 1, 1] });
  const pooled = g.node('MaxPool', [below], { attributes: { kernel_shape: [2, 2], strides: [2, 2] } });
  const silu = g.conv(leaky(pooled), { weights: [4, 4, 1, 1] });
  const activated = g.node('Mul', [silu, g.node('Sigmoid', [silu])]);
  const fused = g.relu(g.conv(activated, { weights: [4, 4, 1, 1] }));
  const linear = g.conv(fused, { weights: [4, 4, 1, 1] });
  const sum = g.node('Add', [linear, fused]);
  const graph = prepareGraph(g.build([g.conv(leaky(sum), { weights: [2, 4, 1, 1] })]));
  const found = preActivationGrids(graph, planQuantization(graph, eight));
  t.deepEqual(
    found.map(({ layer, sites }) => [layer.index, ...sites.map(({ grid }) => grid.tensors.join(' '))]),
    [
      [0, plain],
      [1, `${below} ${pooled}`],
      [2, silu],
    ],
  );
});

test('convolutions that share weights are one suspect, as bad as the worst of their grids', (t) => {
  const g = graphBuilder();
  const leaky = (x: string) => g.node('LeakyRelu', [x]);
  const x = leaky(g.conv(g.input('x', [1, 3, 8, 8]), { weights: [4, 3, 1, 1] }));
  const pooled = g.node('MaxPool', [x], { attributes: { kernel_shape: [2, 2], strides: [2, 2] } });
  const [tower, predict] = [g.weights(4, 4, 1, 1), g.weights(2, 4, 1, 1)];
  const maps = [x, pooled].map((level) => g.node('Conv', [leaky(g.node('Conv', [level, tower])), predict]));
  const graph = prepareGraph(g.build(maps));
  const plan = planQuantization(graph, eight);
  const suspects = preActivationGrids(graph, plan);
  t.deepEqual(
    suspects.map(({ layer, sites }) => [layer.index, sites.length]),
    [
      [0, 1],
      [1, 2],
    ],
  );
  // The values are everywhere the same; only the last grid is coarse.
  const values = { centers: Float64Array.of(-1, 0.31, 1), weights: Float64Array.of(0.2, 0.4, 0.4) };
  const coarse = suspects[1]!.sites[1]!.grid.id;
  const ranked = rankPreActivations(suspects, {
    distributions: plan.grids.map(() => ({ ...values, min: -1, max: 1 })),
    grids: plan.grids.map(({ id }) => affineParams(-1, 1, id === coarse ? 3 : 8)),
  });
  t.deepEqual(
    ranked.map(({ layer }) => layer.index),
    [1, 0],
  );
  // 3 bits instead of 8 before the activation, 8 behind it.
  t.true(ranked[0]!.excessDb > 20 && ranked[1]!.excessDb < 5);
});
