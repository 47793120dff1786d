import test from 'ava';
import { lazyGreedy } from '../../../calibrate/search/lazyGreedy.js';

/** The share of ten points that no chosen set covers; counts how often it is asked. */
function coverage(sets: Readonly<Record<string, readonly number[]>>) {
  const asked: string[] = [];
  const lossOf = async (chosen: readonly string[]) => {
    asked.push(chosen.join('+'));
    return 1 - new Set(chosen.flatMap((name) => sets[name]!)).size / 10;
  };
  return { asked, lossOf };
}

const sets = { small: [9], wide: [0, 1, 2, 3, 4], twin: [0, 1, 2, 3, 4], half: [3, 4, 5, 6], rest: [7, 8] };
const names = Object.keys(sets);

test('each item is the one that gains most beside those before it', async (t) => {
  const { lossOf } = coverage(sets);
  t.deepEqual(await lazyGreedy(names, 2, lossOf), ['wide', 'half']);
  t.deepEqual(await lazyGreedy(names, 3, lossOf), ['wide', 'half', 'rest']);
});

test('it ends when nothing gains any more, or when all are chosen', async (t) => {
  t.deepEqual(await lazyGreedy(names, 99, coverage(sets).lossOf), ['wide', 'half', 'rest', 'small']);
  t.deepEqual(await lazyGreedy(['rest'], 99, coverage(sets).lossOf), ['rest']);
  t.deepEqual(await lazyGreedy([], 1, coverage(sets).lossOf), []);
  const { asked, lossOf } = coverage(sets);
  t.deepEqual(await lazyGreedy(names, 0, lossOf), []);
  t.deepEqual(asked, []);
});

test('an item whose gain was too small before is not measured again', async (t) => {
  const { asked, lossOf } = coverage(sets);
  await lazyGreedy(names, 2, lossOf);
  // The twin's gain was the largest left; behind it that of the half.
  t.deepEqual(asked, ['', ...names, 'wide+twin', 'wide+half']);
});
