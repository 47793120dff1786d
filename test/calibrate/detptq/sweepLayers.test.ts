import test from 'ava';
import { Journal } from '../../../calibrate/detptq/journal.js';
import { sweepLayers } from '../../../calibrate/detptq/sweepLayers.js';
import { memoryCheckpoint } from '../../helpers/memoryCheckpoint.js';
import { pyramidProblem, workbench } from '../../helpers/searchProblem.js';

const key = { model: 'm', seed: 0 };
const options = { sweeps: 2, start: 5, onLayer: () => {} };

/** A journal that goes on from `lines` and shows what it appends to them. */
async function journalOf(lines?: readonly string[]): Promise<{ journal: Journal; appended: string[] }> {
  const { checkpoint, appended } = memoryCheckpoint(lines);
  return { journal: await Journal.open(checkpoint, key), appended };
}

test('progress counts the layers of all sweeps, and each is written down before it is told', async (t) => {
  const problem = await pyramidProblem();
  const layers = problem.plan.layers.length;
  const { journal, appended } = await journalOf();
  const done: number[] = [];
  const onLayer = (count: number) => {
    done.push(count);
    t.is(appended.length, 1 + count);
  };
  await sweepLayers(workbench(), problem, { ...options, journal, onLayer });
  t.deepEqual(
    done,
    Array.from({ length: 2 * layers }, (_, i) => i + 1),
  );
});

test('gone on from any layer, it ends where the uninterrupted search does', async (t) => {
  const problem = await pyramidProblem();
  const { journal, appended: lines } = await journalOf();
  const whole = await sweepLayers(workbench(), problem, { ...options, journal });
  for (let count = 0; count <= lines.length; count++) {
    const resumed = await journalOf(lines.slice(0, count));
    t.deepEqual(await sweepLayers(workbench(), problem, { ...options, journal: resumed.journal }), whole);
    t.deepEqual(resumed.appended, lines.slice(count));
  }
});

test('a second sweep starts from what the first decided', async (t) => {
  const problem = await pyramidProblem();
  const layers = problem.plan.layers.length;
  const once = await journalOf();
  const first = await sweepLayers(workbench(), problem, { ...options, sweeps: 1, journal: once.journal });
  const twice = await journalOf(once.appended);
  const second = await sweepLayers(workbench(), problem, { ...options, journal: twice.journal });
  t.is(twice.appended.length, layers);
  const decided = twice.appended.map((line) => (JSON.parse(line) as { value: { p: number } }).value.p);
  t.deepEqual(decided, second.pOfLayer);
  // Of each layer, the second sweep tries first what the first sweep decided.
  for (const [layer, tried] of second.tried.entries()) {
    if (tried.length > 0) t.true(tried.some(({ p }) => p === first.pOfLayer[layer]));
  }
});

test('a finished search computes nothing when it is gone on from', async (t) => {
  const problem = await pyramidProblem({ images: 2 });
  const { journal, appended } = await journalOf();
  const whole = await sweepLayers(workbench(), problem, { ...options, journal });
  const bench = workbench();
  const again = await journalOf(appended);
  t.deepEqual(await sweepLayers(bench, problem, { ...options, journal: again.journal }), whole);
  t.is(bench.counter.passes, 0);
});

test('a p that there is not is refused', async (t) => {
  const problem = await pyramidProblem({ images: 2 });
  const { appended } = await journalOf();
  const { journal } = await journalOf([...appended, '{"step":"perLayer/0/0","value":{"p":8,"tried":[]}}']);
  await t.throwsAsync(sweepLayers(workbench(), problem, { ...options, journal }), {
    code: 'checkpoint_mismatch',
    message: /step perLayer\/0\/0, key p/,
  });
});
