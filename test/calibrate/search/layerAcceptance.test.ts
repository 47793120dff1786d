import test from 'ava';
import type { PIndex } from '../../../calibrate/quantize/lpMetric.js';
import { indexOfP } from '../../../calibrate/quantize/lpMetric.js';
import { searchLayers } from '../../../calibrate/search/layerSearch.js';
import { Odol } from '../../../calibrate/search/odol.js';
import { everywhere, quantizedGraph, type SearchProblem } from '../../../calibrate/search/problem.js';
import { runGraph } from '../../../calibrate/workbench/workbench.js';
import { loadDetector } from '../../../runtime/detector/detector.js';
import { onnxruntimeEngine } from '../../../runtime/engines/onnxruntime/onnxruntimeEngine.js';
import { pyramidDetector } from '../../helpers/pyramidDetector.js';
import { pyramidProblem, workbench } from '../../helpers/searchProblem.js';

const p2 = indexOfP(2);
const images = 14;
/** Of 14 images. */
const choosing = 7;

/** Returns the problem with the references of the first `count` images replaced: there, `ideal` loses nothing at all. */
async function flattering(problem: SearchProblem, ideal: readonly PIndex[], count: number) {
  const detector = await loadDetector(pyramidDetector(), onnxruntimeEngine);
  try {
    const odol = new Odol(detector.head);
    odol.lambda = problem.odol.lambda;
    const outputsOf = (graph: SearchProblem['graph']) =>
      runGraph(workbench(), graph, problem.inputs, (outputs) => outputs);
    const flattered = await outputsOf(quantizedGraph(problem, ideal));
    const honest = await outputsOf(problem.graph);
    for (const image of problem.inputs.keys()) {
      odol.addReference((image < count ? flattered : honest)[image]!);
    }
    return { ...problem, odol };
  } finally {
    await detector.dispose();
  }
}

/** Returns what the search gives the layer `coarse` when each candidate loses nothing on the first `count` images. */
async function chosenWhereFlattered(candidate: PIndex, count: number): Promise<PIndex> {
  const plain = await pyramidProblem({ images });
  const { index } = plain.plan.layers.find(({ name }) => name === 'coarse')!;
  const start = everywhere(plain, p2);
  const problem = await flattering(plain, start.with(index, candidate), count);
  const state = { pOfLayer: start, nextLayer: index, tried: plain.plan.layers.map(() => []) };
  const { pOfLayer } = await searchLayers(workbench(), problem, state, () => undefined);
  return pOfLayer[index]!;
}

test('a p that wins by far on the images that chose it, and on no other, is rejected', async (t) => {
  const candidate = indexOfP(3);
  t.is(await chosenWhereFlattered(candidate, choosing), p2);
  // The same p on the same images is taken where the others agree.
  t.is(await chosenWhereFlattered(candidate, images), candidate);
});
