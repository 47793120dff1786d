import test from 'ava';
import { indexOfP, pValues } from '../../../calibrate/quantize/lpMetric.js';
import { balanceLoss, searchGlobalP } from '../../../calibrate/search/globalSearch.js';
import { beatsByOneStandardError, mean } from '../../../calibrate/search/paired.js';
import { everywhere, odolByImage, quantizedGraph } from '../../../calibrate/search/problem.js';
import { runGraph } from '../../../calibrate/workbench/workbench.js';
import { pyramidProblem, workbench } from '../../helpers/searchProblem.js';

test('every p is tried once, in order, on half of the images; the best two and p = 2 are on all', async (t) => {
  const problem = await pyramidProblem();
  const tried: number[] = [];
  const { screened, odols } = await searchGlobalP(workbench(), problem, (p) => tried.push(p));
  t.deepEqual(
    tried,
    pValues.map((_, p) => p),
  );
  const half = { ...problem, inputs: problem.inputs.slice(0, Math.ceil(problem.inputs.length / 2)) };
  for (const [p, odol] of screened.entries()) {
    t.is(odol, mean(await odolByImage(workbench(), half, everywhere(problem, p))));
  }
  const [first, second] = screened.toSorted((a, b) => a - b);
  const finalists = new Set([indexOfP(2), screened.indexOf(first!), screened.indexOf(second!)]);
  t.deepEqual(new Set(odols.keys()), finalists);
  for (const [p, odol] of odols) {
    t.is(odol, mean(await odolByImage(workbench(), problem, everywhere(problem, p))));
  }
});

test('balanced, classification and localization weigh alike at p = 2', async (t) => {
  const problem = await pyramidProblem();
  problem.odol.lambda = 7;
  await balanceLoss(workbench(), problem);
  const quantized = quantizedGraph(problem, everywhere(problem, indexOfP(2)));
  const terms = await runGraph(workbench(), quantized, problem.inputs, (outputs, image) =>
    problem.odol.terms(image, outputs),
  );
  const classification = mean(terms.map((term) => term.classification));
  const localization = mean(terms.map((term) => term.localization));
  t.true(Math.abs((problem.odol.lambda * localization) / classification - 1) < 1e-9);
});

test('the chosen p is a finalist that the lowest does not beat, and none of these is nearer to 2', async (t) => {
  for (const bits of [2, 4, 8]) {
    const problem = await pyramidProblem({ weightBits: bits, activationBits: bits });
    const { best, odols } = await searchGlobalP(workbench(), problem, () => {});
    const byImage = (p: number) => odolByImage(workbench(), problem, everywhere(problem, p));
    const [[lowestP]] = [...odols].sort(([, a], [, b]) => a - b) as [[number, number]];
    const lowest = await byImage(lowestP);
    t.false(beatsByOneStandardError(lowest, await byImage(best)));
    for (const p of odols.keys()) {
      if (Math.abs(p - indexOfP(2)) >= Math.abs(best - indexOfP(2))) continue;
      t.true(beatsByOneStandardError(lowest, await byImage(p)), `${bits} bits: ${pValues[p]}`);
    }
  }
});

test('an abort ends it', async (t) => {
  const problem = await pyramidProblem({ images: 2 });
  const controller = new AbortController();
  const searching = searchGlobalP(workbench(controller.signal), problem, (p) => {
    if (p === 3) controller.abort();
  });
  await t.throwsAsync(searching, { code: 'aborted' });
});
