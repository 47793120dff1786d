import test from 'ava';
import { insertQuantizers } from '../../../calibrate/quantize/insertQuantizers.js';
import { indexOfP } from '../../../calibrate/quantize/lpMetric.js';
import { planQuantization } from '../../../calibrate/quantize/plan.js';
import { prepareGraph } from '../../../calibrate/quantize/prepareGraph.js';
import { buildScaleTable, quantizersFor } from '../../../calibrate/quantize/scaleTable.js';
import { everywhere, quantizedGraph } from '../../../calibrate/search/problem.js';
import { layerSqnrDb } from '../../../calibrate/workbench/layerNoise.js';
import { observe } from '../../../calibrate/workbench/observe.js';
import { extractSubgraph } from '../../../runtime/graph/passes/extractSubgraph.js';
import { float32Tensor } from '../../../runtime/graph/tensor.js';
import { runOnce } from '../../helpers/graphRuns.js';
import { graphBuilder, randomFeeds } from '../../helpers/graphs.js';
import { pyramidProblem, workbench } from '../../helpers/searchProblem.js';

async function sqnrAt(bits: number): Promise<number[]> {
  const problem = await pyramidProblem({ weightBits: bits, activationBits: bits, images: 3 });
  const quantized = quantizedGraph(problem, everywhere(problem, indexOfP(2)));
  return layerSqnrDb(workbench(), { ...problem, float: problem.graph, quantized }, problem.inputs);
}

test('the fewer bits, the more noise in every layer but the first; at 8 bits it is 20 dB below the signal at least', async (t) => {
  const [eight, four] = [await sqnrAt(8), await sqnrAt(4)];
  t.is(eight.length, 8);
  for (const [layer, sqnrDb] of eight.entries()) {
    t.true(sqnrDb > 20 && sqnrDb < 60, `layer ${layer}: ${sqnrDb}`);
    if (layer > 0) t.true(four[layer]! < sqnrDb - 5, `layer ${layer}: ${four[layer]} ${sqnrDb}`);
  }
});

test('the float network against itself has no noise', async (t) => {
  const problem = await pyramidProblem({ images: 2 });
  const { graph } = problem;
  const sqnr = await layerSqnrDb(
    workbench(),
    { float: graph, quantized: graph, plan: problem.plan },
    problem.inputs,
  );
  t.true(sqnr.every((value) => value === Number.POSITIVE_INFINITY));
});

/** Slopes of a PReLU that reads a convolution's channels as they are, or moved by `move`. */
const slopes = [0.01, 0.4, 0.4, 0.8];

/** The first layer's ratio of a convolution before a PReLU, and the same of its output behind the functions of `channels`. */
async function beforePRelu(
  move: (g: ReturnType<typeof graphBuilder>, made: string) => string,
  channels: readonly number[],
): Promise<{ got: number; expected: number }> {
  const g = graphBuilder();
  const made = g.conv(g.input('x', [1, 3, 4, 4]), { weights: [4, 3, 1, 1] });
  const slope = g.constant(float32Tensor([4, 1, 1], Float32Array.from(slopes)));
  const activated = g.node('PRelu', [move(g, made), slope]);
  const graph = prepareGraph(g.build([g.conv(activated, { weights: [2, 4, 1, 1] })]));
  const plan = planQuantization(graph, { weightBits: 4, activationBits: 4 });
  const feeds = randomFeeds(graph);
  const images = { inputs: [feeds], names: ['a.jpg'] };
  const table = buildScaleTable(graph, plan, await observe(workbench(), { graph, plan }, images));
  const quantized = insertQuantizers(
    graph,
    plan,
    quantizersFor(table, plan, everywhere({ plan }, indexOfP(2))),
  );
  const [got] = await layerSqnrDb(workbench(), { float: graph, quantized, plan }, [feeds]);
  const behind = async (network: typeof graph) => {
    const values = (await runOnce(extractSubgraph(network, { to: [made] }), feeds))[made]!;
    return [...(values.data as Float32Array)].map((x, i) => (x < 0 ? x * channels[Math.floor(i / 16)]! : x));
  };
  const [f, q] = [await behind(graph), await behind(quantized)];
  const power = (values: readonly number[]) => values.reduce((sum, x) => sum + x * x, 0);
  return { got: got!, expected: 10 * Math.log10(power(f) / power(f.map((x, i) => x - q[i]!))) };
}

test('noise counts behind the function of each channel', async (t) => {
  const { got, expected } = await beforePRelu((_, made) => made, slopes);
  t.true(Math.abs(got - expected) < 1e-4, `${got} ${expected}`);
});

test('where channels were moved before they go through their functions, it counts as it is', async (t) => {
  const asIs = slopes.map(() => 1);
  const turned = await beforePRelu(
    (g, made) => g.node('Slice', [made, g.ints(-1), g.ints(-5), g.ints(1), g.ints(-1)]),
    asIs,
  );
  t.true(Math.abs(turned.got - turned.expected) < 1e-4, `${turned.got} ${turned.expected}`);
});
