import test from 'ava';
import { unimodalWalk } from '../../../calibrate/search/unimodalWalk.js';

/** Returns what the walk finds along 0, 1, ... and what it looked at, in that order. */
async function walk(losses: readonly number[], start: number) {
  const seen: number[] = [];
  const best = await unimodalWalk([...losses.keys()], start, async (i) => {
    seen.push(i);
    return losses[i]!;
  });
  return { best, seen };
}

test('the walk goes down one side to its lowest place and looks one place beyond', async (t) => {
  t.deepEqual(await walk([9, 3, 2, 4, 5, 8], 3), { best: 2, seen: [3, 2, 1, 4] });
  t.deepEqual(await walk([9, 8, 7, 6, 5], 1), { best: 4, seen: [1, 0, 2, 3, 4] });
});

test('where both sides fall, the lower one is taken, and of equals the first', async (t) => {
  t.is((await walk([4, 5, 3], 1)).best, 2);
  t.is((await walk([3, 5, 3], 1)).best, 0);
});

test('where nothing falls, and where there is nothing else, the walk stays', async (t) => {
  t.deepEqual(await walk([5, 5, 5], 1), { best: 1, seen: [1, 0, 2] });
  t.deepEqual(await walk([5], 0), { best: 0, seen: [0] });
});
