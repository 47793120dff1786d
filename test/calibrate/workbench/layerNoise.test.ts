import test from 'ava';
import { indexOfP } from '../../../calibrate/quantize/lpMetric.js';
import { everywhere, quantizedGraph } from '../../../calibrate/search/problem.js';
import { layerSqnrDb } from '../../../calibrate/workbench/layerNoise.js';
import { pyramidProblem, workbench } from '../../helpers/searchProblem.js';

async function sqnrAt(bits: number): Promise<number[]> {
  const problem = await pyramidProblem({ weightBits: bits, activationBits: bits, images: 3 });
  const quantized = quantizedGraph(problem, everywhere(problem, indexOfP(2)));
  return layerSqnrDb(workbench(), { ...problem, float: problem.graph, quantized }, problem.inputs);
}

test('the fewer bits, the more noise in every layer; at 8 bits it is 20 dB below the signal at least', async (t) => {
  const [eight, four] = [await sqnrAt(8), await sqnrAt(4)];
  t.is(eight.length, 8);
  for (const [layer, sqnrDb] of eight.entries()) {
    t.true(sqnrDb > 20 && sqnrDb < 60, `layer ${layer}: ${sqnrDb}`);
    t.true(four[layer]! < sqnrDb - 5, `layer ${layer}: ${four[layer]} ${sqnrDb}`);
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
