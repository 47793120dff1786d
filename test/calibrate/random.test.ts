import test from 'ava';
import { createRandom } from '../../calibrate/random.js';

const draw = (seed: number, count: number) => {
  const random = createRandom(seed);
  return Array.from({ length: count }, () => random.uniform());
};

// The three numbers were computed by a transcription of xoshiro128starstar.c in Python.
test('a seed gives the same numbers every time, and these', (t) => {
  t.deepEqual(draw(7, 100), draw(7, 100));
  t.deepEqual(
    draw(0, 3).map((value) => value * 2 ** 32),
    [3_809_008_728, 1_133_695_204, 53_579_671],
  );
});

test('neighbouring, negative and large seeds give different numbers', (t) => {
  const firsts = [0, 1, 2, 3, -1, 2 ** 32, 2 ** 32 + 1, Number.MAX_SAFE_INTEGER].map(
    (seed) => draw(seed, 1)[0],
  );
  t.is(new Set(firsts).size, firsts.length);
});

test('numbers are spread evenly over 0 to 1', (t) => {
  const values = draw(11, 20_000);
  t.true(values.every((value) => value >= 0 && value < 1));
  const counts = new Array<number>(10).fill(0);
  for (const value of values) counts[Math.floor(value * 10)]!++;
  // 2000 expected per tenth, standard deviation 42.
  t.true(
    counts.every((count) => Math.abs(count - 2000) < 210),
    String(counts),
  );
});

test('below gives every whole number under the limit and no other', (t) => {
  const random = createRandom(5);
  const values = new Set(Array.from({ length: 500 }, () => random.below(7)));
  t.deepEqual([...values].sort(), [0, 1, 2, 3, 4, 5, 6]);
});

test('shuffled returns a permutation and leaves the original alone', (t) => {
  const items = [...Array(50).keys()];
  const result = createRandom(3).shuffled(items);
  t.deepEqual(items, [...Array(50).keys()]);
  t.notDeepEqual(result, items);
  t.deepEqual(
    result.toSorted((a, b) => a - b),
    items,
  );
  t.deepEqual(createRandom(3).shuffled([]), []);
});
