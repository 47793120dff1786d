import test from 'ava';
import { areAlike, beatsByOneStandardError, mean, standardError } from '../../../calibrate/search/paired.js';

test('the mean of nothing is NaN', (t) => {
  t.is(mean([1, 2, 6]), 3);
  t.is(mean([]), Number.NaN);
});

test('the standard error is the deviation of the sample over the root of its size', (t) => {
  // Deviation of 2, 4, 4, 4, 5, 5, 7, 9 with n - 1: sqrt(32 / 7).
  t.true(Math.abs(standardError([2, 4, 4, 4, 5, 5, 7, 9]) - Math.sqrt(32 / 7 / 8)) < 1e-15);
  t.is(standardError([3, 3, 3]), 0);
  t.is(standardError([3]), 0);
  t.is(standardError([]), 0);
});

test('a gain wins only when it exceeds one standard error of the paired differences', (t) => {
  const current = [10, 20, 30, 40];
  const less = (gains: readonly number[]) => current.map((value, i) => value - gains[i]!);
  // Mean 1, standard error 0.408.
  t.true(beatsByOneStandardError(less([1, 0, 1, 2]), current));
  // Mean 1, standard error 1.08.
  t.false(beatsByOneStandardError(less([4, 1, -1, 0]), current));
  t.false(beatsByOneStandardError(less([-1, -1, -1, -1]), current));
});

test('the spread of the images themselves is immaterial: only the differences count', (t) => {
  t.true(beatsByOneStandardError([0.9, 99.9, 999.9], [1, 100, 1000]));
});

test('values are alike but for float rounding, or they are not', (t) => {
  t.true(areAlike([0.3, 0.3 * (1 + 1e-7), 0.3]));
  t.false(areAlike([0.3, 0.3, 0.3001]));
  t.true(areAlike([5]));
});

test('equal losses do not win, and a single image decides by itself', (t) => {
  t.false(beatsByOneStandardError([1, 2, 3], [1, 2, 3]));
  t.true(beatsByOneStandardError([0.999], [1]));
  t.false(beatsByOneStandardError([1], [1]));
});

test('a loss of NaN never wins', (t) => {
  t.false(beatsByOneStandardError([Number.NaN, 0], [1, 1]));
});
