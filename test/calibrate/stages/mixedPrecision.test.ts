import test from 'ava';
import { replanned } from '../../../calibrate/detptq/network.js';
import { indexOfP } from '../../../calibrate/quantize/lpMetric.js';
import { planQuantization } from '../../../calibrate/quantize/plan.js';
import { mean } from '../../../calibrate/search/paired.js';
import { everywhere, odolByImage } from '../../../calibrate/search/problem.js';
import { layersToWiden, lowBitLayers, wideningGains } from '../../../calibrate/stages/mixedPrecision.js';
import { pyramidProblem, workbench } from '../../helpers/searchProblem.js';

test('the gain of widening a layer is the fall of the ODOL when its weights alone have 8 bits', async (t) => {
  const problem = await pyramidProblem({ weightBits: 3, activationBits: 8, images: 3 });
  const { table } = problem;
  const wide = (await pyramidProblem({ weightBits: 8, activationBits: 8, images: 3 })).table;
  const pOfLayer = everywhere(problem, indexOfP(2));
  const gains = await wideningGains(workbench(), problem, { pOfLayer, wide, images: 3 });
  t.deepEqual(
    gains.map(({ layer }) => layer),
    lowBitLayers(problem.plan).map(({ index }) => index),
  );
  const now = mean(await odolByImage(workbench(), problem, pOfLayer));
  const { layer, gain } = gains[1]!;
  const weights = table.weights.with(layer, wide.weights[layer]!);
  const then = mean(await odolByImage(workbench(), { ...problem, table: { ...table, weights } }, pOfLayer));
  t.true(Math.abs(gain - (now - then)) < 0.02 * now, `${gain}, expected ${now - then}`);
});

test('where the activations are low, the gain is that of 8 bits for what the layer reads', async (t) => {
  const problem = await pyramidProblem({ weightBits: 4, activationBits: 3, images: 3 });
  const { plan, table } = problem;
  const { table: wide } = replanned(problem, { weightBits: 8, activationBits: 8 });
  const pOfLayer = everywhere(problem, indexOfP(2));
  const gains = await wideningGains(workbench(), problem, { pOfLayer, wide, images: 3 });
  const now = mean(await odolByImage(workbench(), problem, pOfLayer));
  const depthwise = plan.layers.find(({ role }) => role === 'depthwise')!;
  const read = plan.gridOfTensor.get(depthwise.convs[0]!.inputs[0]!)!;
  const grids = table.grids.with(read, wide.grids[read]!);
  const then = mean(await odolByImage(workbench(), { ...problem, table: { ...table, grids } }, pOfLayer));
  const { gain } = gains.find(({ layer }) => layer === depthwise.index)!;
  t.true(Math.abs(gain - (now - then)) < 1e-6 * now, `${gain}, expected ${now - then}`);
  t.not(gain, 0);
});

test('of layers that read the same only the first is widened', async (t) => {
  const { plan } = await pyramidProblem({ weightBits: 4, activationBits: 4, images: 1 });
  const shared = plan.gridOfTensor.get('fine_act');
  const readers = plan.layers.filter(({ convs }) => plan.gridOfTensor.get(convs[0]!.inputs[0]!) === shared);
  t.true(readers.length > 1);
  const gains = readers.map(({ index }) => ({ layer: index, gain: 1 }));
  t.deepEqual(layersToWiden(plan, gains, 0), new Set([readers[0]!.weight]));
});

test('the share that keeps its bits is kept, the best gains go first, and a loss is no gain', async (t) => {
  const { plan } = await pyramidProblem({ weightBits: 4, activationBits: 8, images: 1 });
  const low = lowBitLayers(plan);
  const gains = low.map(({ index }, i) => ({ layer: index, gain: i % 2 === 0 ? i + 1 : -1 }));
  const weightOf = (i: number) => low[i]!.weight;
  t.deepEqual(layersToWiden(plan, gains, 1), new Set());
  const last = low.length - 1 - ((low.length - 1) % 2);
  t.deepEqual(layersToWiden(plan, gains, 1 - 1 / low.length), new Set([weightOf(last)]));
  t.is(layersToWiden(plan, gains, 0).size, Math.ceil(low.length / 2));
});

test('widened weights are planned with 8 bits and said in the notes', async (t) => {
  const { graph, plan } = await pyramidProblem({ weightBits: 4, activationBits: 8, images: 1 });
  const [layer] = lowBitLayers(plan);
  const mixed = planQuantization(graph, {
    weightBits: 4,
    activationBits: 8,
    wideLayers: new Set([layer!.weight]),
  });
  t.is(mixed.layers[layer!.index]!.weightBits, 8);
  t.is(lowBitLayers(mixed).length, lowBitLayers(plan).length - 1);
  t.regex(mixed.exceptions.join(), /1 others? that/);
});
