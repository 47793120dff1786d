import test from 'ava';
import { indexOfP, pValues } from '../../../calibrate/quantize/lpMetric.js';
import { balanceLoss, searchGlobalP } from '../../../calibrate/search/globalSearch.js';
import { beatsByOneStandardError, mean } from '../../../calibrate/search/paired.js';
import { everywhere, odolByImage, quantizedGraph } from '../../../calibrate/search/problem.js';
import { runGraph } from '../../../calibrate/workbench/workbench.js';
import { pyramidProblem, workbench } from '../../helpers/searchProblem.js';

test('each p on the way is tried once, on half of the images; only what may take the place of p = 2 is compared on all', async (t) => {
  const usual = indexOfP(2);
  for (const bits of [2, 4, 8]) {
    const problem = await pyramidProblem({ weightBits: bits, activationBits: bits });
    const tried: number[] = [];
    const bench = workbench();
    const best = await searchGlobalP(bench, problem, { onP: (p) => tried.push(p) });
    t.is(tried[0], usual);
    t.is(new Set(tried).size, tried.length);
    const images = problem.inputs.length;
    const screening = Math.ceil(images / 2);
    const odols = new Map<number, number[]>();
    for (const p of tried) odols.set(p, await odolByImage(workbench(), problem, everywhere(problem, p)));
    const means = tried.map((p) => mean(odols.get(p)!.slice(0, screening)));
    const lowest = tried[means.indexOf(Math.min(...means))]!;
    const isBetter = beatsByOneStandardError(odols.get(lowest)!, odols.get(usual)!);
    t.is(best, isBetter ? lowest : usual);
    const runs = tried.map((p) => {
      const isCompared = lowest !== usual && (p === lowest || p === usual);
      const { nodes } = quantizedGraph(problem, everywhere(problem, p));
      return nodes.length * (isCompared ? images : screening);
    });
    t.is(
      bench.counter.passes,
      runs.reduce((sum, macs) => sum + macs),
    );
    for (const neighbour of [lowest - 1, lowest + 1]) {
      if (neighbour in pValues) t.true(tried.includes(neighbour), `${bits} bits: ${pValues[neighbour]}`);
    }
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

test('p = 2 is left only for what beats it by one standard error', async (t) => {
  const usual = indexOfP(2);
  for (const bits of [2, 3, 4, 8]) {
    const problem = await pyramidProblem({ weightBits: bits, activationBits: bits });
    const best = await searchGlobalP(workbench(), problem);
    const byImage = (p: number) => odolByImage(workbench(), problem, everywhere(problem, p));
    const isBetter = beatsByOneStandardError(await byImage(best), await byImage(usual));
    t.true(best === usual || isBetter, `${bits} bits`);
  }
});

test('a bad p = 2 is left', async (t) => {
  const problem = await pyramidProblem();
  const usual = indexOfP(2);
  const { table } = problem;
  const weights = table.weights.map((choices) => {
    const one = choices.at(usual);
    return choices.with(usual, { ...one, scales: one.scales.map((scale) => 1.5 * scale) });
  });
  const best = await searchGlobalP(workbench(), { ...problem, table: { ...table, weights } });
  t.not(best, usual);
});

test('an abort ends it', async (t) => {
  const problem = await pyramidProblem({ images: 2 });
  const controller = new AbortController();
  const searching = searchGlobalP(workbench(controller.signal), problem, {
    onP: (p) => {
      if (p !== indexOfP(2)) controller.abort();
    },
  });
  await t.throwsAsync(searching, { code: 'aborted' });
});
