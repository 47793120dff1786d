import test from 'ava';
import { factorInPlace, solveInPlace } from '../../../calibrate/quantize/cholesky.js';
import { assertClose } from '../../helpers/close.js';
import { correlatedRows, product } from '../../helpers/correlatedRows.js';
import { randomFloats } from '../../helpers/random.js';

function definite(size: number): Float64Array {
  const rows = correlatedRows({ rows: 3 * size, size, seed: size });
  return product(rows, rows, size);
}

// Rows are made four at a time: every remainder is met.
for (const size of [1, 2, 3, 4, 5, 6, 7, 8, 33]) {
  test(`the factors of a ${size}x${size} matrix multiply back to it`, (t) => {
    const matrix = definite(size);
    const factor = Float64Array.from(matrix);
    t.true(factorInPlace(factor, size));
    const lower = (i: number, k: number) => (i === k ? 1 : factor[i * size + k]!);
    for (let i = 0; i < size; i++) {
      for (let j = 0; j <= i; j++) {
        let sum = 0;
        for (let k = 0; k <= j; k++) sum += lower(i, k) * factor[k * size + k]! * lower(j, k);
        t.true(Math.abs(sum - matrix[i * size + j]!) < 1e-10 * size);
      }
    }
  });
}

test('what stands above the diagonal is neither read nor written', (t) => {
  const size = 6;
  const isAbove = (index: number) => index % size > Math.floor(index / size);
  const whole = definite(size);
  const lower = whole.map((value, index) => (isAbove(index) ? Number.NaN : value));
  t.true(factorInPlace(whole, size));
  t.true(factorInPlace(lower, size));
  for (const [index, value] of lower.entries()) t.is(value, isAbove(index) ? Number.NaN : whole[index]!);
});

test('solutions satisfy their equations', (t) => {
  const size = 13;
  const matrix = definite(size);
  const rightSides = Float64Array.from(randomFloats(3 * size, 5));
  const solutions = Float64Array.from(rightSides);
  const factor = Float64Array.from(matrix);
  factorInPlace(factor, size);
  solveInPlace(factor, size, solutions);
  const products = rightSides.map((_, index) => {
    const row = Math.floor(index / size);
    const x = solutions.subarray(row * size, (row + 1) * size);
    return x.reduce((sum, value, j) => sum + matrix[(index % size) * size + j]! * value, 0);
  });
  assertClose(t, products, { expected: [...rightSides], tolerance: 1e-10 });
});

test('a matrix that is not positive definite is refused', (t) => {
  t.false(factorInPlace(Float64Array.of(0), 1));
  t.false(factorInPlace(Float64Array.of(1, 2, 2, 1), 2));
  t.false(factorInPlace(Float64Array.of(1, 1, 1, 1), 2), 'of rank 1');
  for (const value of [Number.NaN, Number.POSITIVE_INFINITY]) {
    for (const index of [0, 4 * 6, 5 * 6 + 5]) {
      const spoilt = definite(6);
      spoilt[index] = value;
      t.false(factorInPlace(spoilt, 6), `${value} at ${index}`);
    }
  }
});
