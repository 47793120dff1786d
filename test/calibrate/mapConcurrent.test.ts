import test from 'ava';
import { mapConcurrent } from '../../calibrate/mapConcurrent.js';
import { AgentError } from '../../runtime/errors.js';

/** Lets everything that is ready run. */
const turn = () => new Promise((resolve) => setImmediate(resolve));

test('results come in the order of the items, whichever ends first', async (t) => {
  const results = await mapConcurrent(
    [5, 0, 3, 1],
    async (turns, index) => {
      for (let i = 0; i < turns; i++) await turn();
      return `${index}: ${turns}`;
    },
    { limit: 3 },
  );
  t.deepEqual(results, ['0: 5', '1: 0', '2: 3', '3: 1']);
});

test('at most the limit is under way at once, and the limit is used', async (t) => {
  let underWay = 0;
  let most = 0;
  const work = async () => {
    most = Math.max(most, ++underWay);
    await turn();
    underWay--;
  };
  await mapConcurrent(new Array(9).fill(0), work, { limit: 3 });
  t.is(most, 3);
});

test('no items give no results', async (t) => {
  t.deepEqual(await mapConcurrent([], () => t.fail(), { limit: 2 }), []);
});

test('the first failure stops the rest, and is thrown once what was under way has ended', async (t) => {
  const started: number[] = [];
  const ended: number[] = [];
  const work = async (item: number) => {
    started.push(item);
    if (item === 1) throw new AgentError('internal', 'item 1');
    await turn();
    await turn();
    ended.push(item);
  };
  const error = await t.throwsAsync(mapConcurrent([0, 1, 2, 3, 4], work, { limit: 2 }));
  t.is(error?.message, 'item 1');
  t.deepEqual(started, [0, 1]);
  t.deepEqual(ended, [0]);
});

test('of several failures the first in time is thrown', async (t) => {
  const work = async (item: number) => {
    for (let i = 0; i < item; i++) await turn();
    throw new AgentError('internal', `item ${item}`);
  };
  t.is((await t.throwsAsync(mapConcurrent([3, 1, 2], work, { limit: 3 })))?.message, 'item 1');
});

test('an abort ends it before the next item', async (t) => {
  const controller = new AbortController();
  let started = 0;
  const work = async () => {
    if (++started === 3) controller.abort();
    await turn();
  };
  await t.throwsAsync(mapConcurrent(new Array(50).fill(0), work, { limit: 1, signal: controller.signal }), {
    code: 'aborted',
  });
  t.is(started, 3);
});
