import test from 'ava';
import { replanned } from '../../../calibrate/detptq/network.js';
import { indexOfP } from '../../../calibrate/quantize/lpMetric.js';
import { planQuantization } from '../../../calibrate/quantize/plan.js';
import type { ScaleTable } from '../../../calibrate/quantize/scaleTable.js';
import { mean } from '../../../calibrate/search/paired.js';
import { everywhere, odolByImage } from '../../../calibrate/search/problem.js';
import {
  inputWideningGains,
  layersToWiden,
  lowBitLayers,
  weightWideningGains,
} from '../../../calibrate/stages/mixedPrecision.js';
import { pyramidProblem, workbench } from '../../helpers/searchProblem.js';

function optionsOf(problem: Awaited<ReturnType<typeof pyramidProblem>>) {
  const { table: wide } = replanned(problem, { weightBits: 8, activationBits: 8 });
  return { wide, pOfLayer: everywhere(problem, indexOfP(2)) };
}

test('the gain of wide weights is the ODOL of the narrow ones alone, all else in float or at 8 bits', async (t) => {
  const problem = await pyramidProblem({ weightBits: 3, activationBits: 8, images: 3 });
  const { wide, ...options } = { ...optionsOf(problem), images: 3 };
  const gains = await weightWideningGains(workbench(), problem, { wide, ...options });
  t.deepEqual(
    gains.map(({ layer }) => layer),
    lowBitLayers(problem.plan).map(({ index }) => index),
  );
  const plan = { ...problem.plan, gridOfTensor: new Map() };
  const odolOf = async (weights: ScaleTable['weights']) =>
    mean(await odolByImage(workbench(), { ...problem, plan, table: { ...wide, weights } }, options.pOfLayer));
  const without = await odolOf(wide.weights);
  for (const { layer, gain } of gains.slice(0, 3)) {
    const alone = await odolOf(wide.weights.with(layer, problem.table.weights[layer]!));
    t.true(Math.abs(gain - (alone - without)) < 1e-4 * alone, `${gain}, expected ${alone - without}`);
    t.true(gain > 0);
  }
});

test('where the activations are low, the gain is that of 8 bits for what the layer reads', async (t) => {
  const problem = await pyramidProblem({ weightBits: 4, activationBits: 3, images: 3 });
  const { plan, table } = problem;
  const { wide, pOfLayer } = optionsOf(problem);
  const gains = await inputWideningGains(workbench(), problem, { pOfLayer, wide, images: 3 });
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
