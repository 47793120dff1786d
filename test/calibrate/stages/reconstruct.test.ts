import test from 'ava';
import { indexOfP } from '../../../calibrate/quantize/lpMetric.js';
import { mean } from '../../../calibrate/search/paired.js';
import { everywhere, odolByImage, type SearchProblem } from '../../../calibrate/search/problem.js';
import {
  type ReconstructedLayer,
  type ReconstructOptions,
  reconstructLayers,
} from '../../../calibrate/stages/reconstruct.js';
import { pyramidProblem, workbench } from '../../helpers/searchProblem.js';

const p2 = indexOfP(2);

function options(
  problem: SearchProblem,
  parts: Partial<ReconstructOptions> = {},
): ReconstructOptions & { decided: Map<number, ReconstructedLayer> } {
  const decided = new Map<number, ReconstructedLayer>();
  return {
    pOfLayer: everywhere(problem, p2),
    rounding: true,
    moments: true,
    seed: 1,
    known: () => undefined,
    onLayer: async (layer, one) => {
      decided.set(layer, one);
    },
    decided,
    ...parts,
  };
}

const odolOf = async (problem: SearchProblem, table: SearchProblem['table']) =>
  mean(await odolByImage(workbench(), { ...problem, table }, everywhere(problem, p2)));

test('at 3 bits the detections suffer less with rebuilt layers than with rounded ones, and less with each part', async (t) => {
  const problem = await pyramidProblem({ weightBits: 3, activationBits: 8 });
  const rebuilt = async (parts: Partial<ReconstructOptions>) =>
    odolOf(problem, await reconstructLayers(workbench(), problem, options(problem, parts)));
  const rounded = await odolOf(problem, problem.table);
  const both = await rebuilt({});
  const momentsOnly = await rebuilt({ rounding: false });
  t.true(momentsOnly < rounded, `${momentsOnly} < ${rounded}`);
  t.true(both < momentsOnly, `${both} < ${momentsOnly}`);
});

test('dense layers alone are rounded, at 8 bits too; without moments nothing else is decided, and gains are 1', async (t) => {
  const problem = await pyramidProblem({ weightBits: 8, activationBits: 8 });
  const chosen = options(problem, { moments: false });
  const table = await reconstructLayers(workbench(), problem, chosen);
  for (const { index, role } of problem.plan.layers) {
    const isDense = role === 'dense';
    t.is(chosen.decided.has(index), isDense);
    t.is(table.weights[index] !== problem.table.weights[index], isDense);
    t.is(table.corrections[index] !== undefined, isDense);
    t.true(table.corrections[index]?.gain.every((gain) => gain === 1) ?? true);
  }
});

test('resumed after any layer, it ends with the same codes and corrections', async (t) => {
  const problem = await pyramidProblem({ weightBits: 4, activationBits: 8, images: 3 });
  const whole = options(problem);
  const table = await reconstructLayers(workbench(), problem, whole);
  for (const layers of [1, Math.floor(problem.plan.layers.length / 2), problem.plan.layers.length]) {
    const rest = options(problem, {
      known: (layer) => (layer < layers ? whole.decided.get(layer) : undefined),
    });
    const resumed = await reconstructLayers(workbench(), problem, rest);
    t.deepEqual(resumed, table);
    t.is(rest.decided.size, problem.plan.layers.length - layers);
  }
});

test('the seed chooses nothing where every position is sampled', async (t) => {
  const problem = await pyramidProblem({ weightBits: 4, activationBits: 8, images: 2 });
  const one = await reconstructLayers(workbench(), problem, options(problem));
  const other = await reconstructLayers(workbench(), problem, options(problem, { seed: 2 }));
  t.deepEqual(other.corrections, one.corrections);
});

test('the seed chooses the positions where there are more than are sampled', async (t) => {
  const few = await pyramidProblem({ weightBits: 4, activationBits: 8, images: 2 });
  // 8192 rows over 40 images are fewer than the 256 positions of the stem's map.
  const inputs = Array.from({ length: 40 }, (_, image) => few.inputs[image % few.inputs.length]!);
  const correctionsOf = async (seed: number) => {
    const chosen = options(few, { seed });
    return (await reconstructLayers(workbench(), { ...few, inputs }, chosen)).corrections;
  };
  const corrections = await correctionsOf(1);
  t.deepEqual(await correctionsOf(1), corrections);
  t.notDeepEqual(await correctionsOf(2), corrections);
});
