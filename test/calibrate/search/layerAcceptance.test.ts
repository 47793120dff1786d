import test from 'ava';
import { indexOfP, type PIndex } from '../../../calibrate/quantize/lpMetric.js';
import { searchLayers } from '../../../calibrate/search/layerSearch.js';
import { everywhere } from '../../../calibrate/search/problem.js';
import { flattered } from '../../helpers/flattered.js';
import { pyramidProblem, workbench } from '../../helpers/searchProblem.js';

const p2 = indexOfP(2);
const images = 14;
/** Of 14 images. */
const choosing = 7;

/** Returns the p that the layer `coarse` is given when `candidate` loses nothing on the first `count` images. */
async function chosenWhereFlattered(candidate: PIndex, count: number): Promise<PIndex> {
  const plain = await pyramidProblem({ images });
  const { index } = plain.plan.layers.find(({ name }) => name === 'coarse')!;
  const start = everywhere(plain, p2);
  const problem = await flattered(plain, {
    ...{ pOfLayer: start.with(index, candidate), images: count, others: start },
  });
  const state = { pOfLayer: start, nextLayer: index, tried: plain.plan.layers.map(() => []) };
  const { pOfLayer } = await searchLayers(workbench(), problem, state, () => undefined);
  return pOfLayer[index]!;
}

test('a p that wins by far on the images that chose it, and on no other, is rejected', async (t) => {
  const candidate = indexOfP(3);
  t.is(await chosenWhereFlattered(candidate, choosing), p2);
  // The same p is taken where the other images agree.
  t.is(await chosenWhereFlattered(candidate, images), candidate);
});
