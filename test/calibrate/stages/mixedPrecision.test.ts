import test from 'ava';
import { replanned } from '../../../calibrate/detptq/network.js';
import { indexOfP } from '../../../calibrate/quantize/lpMetric.js';
import { planQuantization } from '../../../calibrate/quantize/plan.js';
import type { ScaleTable } from '../../../calibrate/quantize/scaleTable.js';
import type { Memo } from '../../../calibrate/search/memo.js';
import { mean } from '../../../calibrate/search/paired.js';
import { everywhere, odolByImage } from '../../../calibrate/search/problem.js';
import {
  layersToReadFinely,
  lowBitLayers,
  mostGaining,
  mostWidened,
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

test('where activations are low, layers are chosen by what 8 bits for what they read gain beside those before', async (t) => {
  const problem = await pyramidProblem({ weightBits: 4, activationBits: 3, images: 3 });
  const { plan, table } = problem;
  const { wide, pOfLayer } = optionsOf(problem);
  const asked = new Map<string, number>();
  const memo: Memo = async (name, _schema, compute) => {
    const value = await compute();
    asked.set(name, value as number);
    return value;
  };
  const options = { pOfLayer, wide, memo };
  const chosen = await layersToReadFinely(workbench(), problem, { ...options, count: 2 });
  t.is(chosen.length, 2);
  const odolWith = async (layers: readonly number[]) => {
    const read = layers.flatMap((layer) =>
      plan.layers[layer]!.convs.map(({ inputs }) => plan.gridOfTensor.get(inputs[0]!)),
    );
    const grids = table.grids.map((grid, id) => (read.includes(id) ? wide.grids[id]! : grid));
    return mean(await odolByImage(workbench(), { ...problem, table: { ...table, grids } }, pOfLayer));
  };
  t.is(asked.get(''), await odolWith([]));
  t.is(asked.get(chosen.join('+')), await odolWith(chosen));
  t.true(asked.get(chosen.join('+'))! < asked.get(`${chosen[0]}`)!);
  const first = lowBitLayers(plan).flatMap(({ index }) => asked.get(`${index}`) ?? []);
  t.is(asked.get(`${chosen[0]}`), Math.min(...first));
});

test('of layers that read the same only the first is chosen', async (t) => {
  const problem = await pyramidProblem({ weightBits: 4, activationBits: 3, images: 2 });
  const { plan } = problem;
  const shared = plan.gridOfTensor.get('fine_act');
  const readers = plan.layers.filter(({ convs }) => plan.gridOfTensor.get(convs[0]!.inputs[0]!) === shared);
  t.true(readers.length > 1);
  const all = { ...optionsOf(problem), count: plan.layers.length };
  const chosen = await layersToReadFinely(workbench(), problem, all);
  const ofReaders = chosen.filter((layer) => readers.some(({ index }) => index === layer));
  t.deepEqual(ofReaders, [readers[0]!.index]);
});

test('the share that keeps its bits is kept', async (t) => {
  const { plan } = await pyramidProblem({ weightBits: 4, activationBits: 8, images: 1 });
  const low = lowBitLayers(plan).length;
  t.true(low > 2);
  t.is(mostWidened(plan, 1), 0);
  t.is(mostWidened(plan, 1 - 1 / low), 1);
  t.is(mostWidened(plan, 1 - 1.9 / low), 1);
  t.is(mostWidened(plan, 0), low);
});

test('of weights the best gains go first, as many as may have 8 bits, and a loss is no gain', (t) => {
  const gains = [3, -1, 5, 0, 5].map((gain, layer) => ({ layer, gain }));
  t.deepEqual(mostGaining(gains, 0), []);
  t.deepEqual(mostGaining(gains, 1), [2]);
  t.deepEqual(mostGaining(gains, 9), [2, 4, 0]);
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
