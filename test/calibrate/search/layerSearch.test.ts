import test from 'ava';
import { indexOfP, type PIndex } from '../../../calibrate/quantize/lpMetric.js';
import { PerP } from '../../../calibrate/quantize/perP.js';
import { type LayerSearchState, searchLayers } from '../../../calibrate/search/layerSearch.js';
import { mean } from '../../../calibrate/search/paired.js';
import { everywhere, odolByImage, type SearchProblem } from '../../../calibrate/search/problem.js';
import { pyramidProblem, workbench } from '../../helpers/searchProblem.js';

const minMax = indexOfP(Number.POSITIVE_INFINITY);

function startAt(problem: SearchProblem, p: PIndex): LayerSearchState {
  return { pOfLayer: everywhere(problem, p), nextLayer: 0, tried: problem.plan.layers.map(() => []) };
}

/** Returns the final state and all that were reported on the way. */
async function search(problem: SearchProblem, start: LayerSearchState) {
  const states: LayerSearchState[] = [];
  const bench = workbench();
  const final = await searchLayers(bench, problem, start, (state) => {
    states.push(state);
  });
  return { final, states, passes: bench.counter.passes };
}

const odolOf = async (problem: SearchProblem, pOfLayer: readonly PIndex[]) =>
  mean(await odolByImage(workbench(), problem, pOfLayer));

test('a layer with a bad p among good ones is mended', async (t) => {
  const problem = await pyramidProblem({ images: 32, activationBits: 8 });
  const coarse = problem.plan.layers.find(({ name }) => name === 'coarse')!;
  const planted = everywhere(problem, indexOfP(2)).with(coarse.index, minMax);
  // What the layers before it would be given changes its own candidates' losses: they stay.
  const start = { ...startAt(problem, 2), pOfLayer: planted, nextLayer: coarse.index };
  const { final } = await search(problem, start);
  const [before, after] = [await odolOf(problem, planted), await odolOf(problem, final.pOfLayer)];
  t.true(after < 0.9 * before, `${before} ${after}`);
  t.true(final.pOfLayer[coarse.index]! < minMax);
  // The walk went from min-max down, past several p that were each better than the one before.
  t.true(final.tried[coarse.index]!.length >= 4);
});

test('no layer is given a p that is worse on all images than the one it had', async (t) => {
  for (const p of [0, minMax]) {
    const problem = await pyramidProblem({ images: 10 });
    const { states } = await search(problem, startAt(problem, p));
    let before = await odolOf(problem, everywhere(problem, p));
    for (const [layer, { pOfLayer }] of states.entries()) {
      const after = await odolOf(problem, pOfLayer);
      const changed = pOfLayer[layer] !== p;
      t.true(changed ? after < before : after === before, `layer ${layer}: ${before} ${after}`);
      before = after;
    }
  }
});

test('the same problem gives the same result, whichever session ran before', async (t) => {
  const problem = await pyramidProblem();
  const first = await search(problem, startAt(problem, 2));
  t.deepEqual(await search(problem, startAt(problem, 2)), first);
  t.deepEqual(await search(await pyramidProblem(), startAt(problem, 2)), first);
});

test('resumed after any layer, it ends where the uninterrupted search does, to the last bit', async (t) => {
  const problem = await pyramidProblem();
  const whole = await search(problem, startAt(problem, minMax));
  t.is(whole.states.length, problem.plan.layers.length);
  for (const [layer, state] of whole.states.entries()) {
    t.is(state.nextLayer, layer + 1);
    const resumed = await search(problem, structuredClone(state));
    t.deepEqual(resumed.final, whole.final);
    t.deepEqual(resumed.states, whole.states.slice(layer + 1));
  }
});

test('what was tried is listed by ascending p, each once, the kept one among them', async (t) => {
  const problem = await pyramidProblem();
  const { final } = await search(problem, startAt(problem, 3));
  for (const [layer, tried] of final.tried.entries()) {
    const ps = tried.map(({ p }) => p);
    t.deepEqual(
      ps,
      [...new Set(ps)].sort((a, b) => a - b),
    );
    if (ps.length > 0) t.true(ps.includes(final.pOfLayer[layer]!) && ps.includes(3));
    t.true(tried.every(({ odol }) => Number.isFinite(odol) && odol >= 0));
  }
});

/** Returns the choices with that of the first p in the place of all. */
function equalForAll<T>(choices: PerP<T>): PerP<T> {
  return new PerP(() => [choices.at(0)]);
}

test('a layer that has the same parameters for every p is passed over', async (t) => {
  const problem = await pyramidProblem();
  const same = problem.table.weights.with(3, equalForAll(problem.table.weights[3]!));
  const grids = problem.table.grids.map((choices, id) =>
    problem.plan.layers[3]!.grids.includes(id) ? equalForAll(choices) : choices,
  );
  const { final } = await search(
    { ...problem, table: { ...problem.table, grids, weights: same } },
    startAt(problem, 2),
  );
  t.deepEqual(final.tried[3], []);
  t.is(final.pOfLayer[3], 2);
  t.true(final.tried[2]!.length > 1);
});

test('one image is enough to search on', async (t) => {
  const problem = await pyramidProblem({ images: 1 });
  const { final } = await search(problem, startAt(problem, minMax));
  t.true((await odolOf(problem, final.pOfLayer)) < (await odolOf(problem, everywhere(problem, minMax))));
});

test('running suffixes costs less than running the network as often', async (t) => {
  const problem = await pyramidProblem();
  const { final, passes } = await search(problem, startAt(problem, 2));
  const evaluations = final.tried.flat().length * problem.inputs.length;
  const nodes = 3 * problem.graph.nodes.length;
  t.true(passes < evaluations * nodes, `${passes} ${evaluations * nodes}`);
});

test('an abort ends it at the next evaluation; the layers done have been reported', async (t) => {
  const problem = await pyramidProblem();
  const controller = new AbortController();
  const states: LayerSearchState[] = [];
  const searching = searchLayers(workbench(controller.signal), problem, startAt(problem, 2), (state) => {
    states.push(state);
    if (states.length === 3) controller.abort();
  });
  await t.throwsAsync(searching, { code: 'aborted' });
  t.is(states.length, 3);
  t.is(states.at(-1)!.nextLayer, 3);
});
