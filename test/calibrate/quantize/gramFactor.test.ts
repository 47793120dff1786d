import test from 'ava';
import { factorGram } from '../../../calibrate/quantize/gramFactor.js';
import { correlatedRows, product } from '../../helpers/correlatedRows.js';

const size = 5;
const rows = correlatedRows({ rows: 40, size, seed: 3 });

test('inputs stand in ascending order of power, of equal ones the later first', (t) => {
  const gram = product([3, 0, 0, 0, 0, 1, 0, 0, 0, 0, 3], [3, 0, 0, 0, 0, 1, 0, 0, 0, 0, 3], 11);
  t.deepEqual([...factorGram(gram).order], [9, 8, 7, 6, 4, 3, 2, 1, 5, 10, 0]);
});

test('the damping is a share of the mean diagonal, and the matrix stays as it was', (t) => {
  const gram = product(rows, rows, size);
  const before = Float64Array.from(gram);
  const mean = Array.from({ length: size }, (_, i) => gram[i * size + i]!).reduce((a, b) => a + b) / size;
  t.true(Math.abs(factorGram(gram, { damping: 0.2 }).added / mean - 0.2) < 1e-12);
  t.deepEqual(gram, before);
});

test('a matrix that its damping leaves indefinite gets as many times ten as it takes', (t) => {
  // Eigenvalues 3 and -1, mean diagonal 1: 0.01 and 0.1 leave it indefinite, 1 makes it singular.
  t.is(factorGram(Float64Array.of(1, 2, 2, 1)).added, 10);
});

test('inputs that are all zero still have a factor', (t) => {
  const { factor, added } = factorGram(new Float64Array(9));
  t.is(added, 1);
  t.deepEqual([...factor], [1, 0, 0, 0, 1, 0, 0, 0, 1]);
});

test('a matrix that is not finite is refused', (t) => {
  const gram = product(rows, rows, size);
  for (const value of [Number.NaN, Number.POSITIVE_INFINITY]) {
    for (const index of [0, 2 * size + 1]) {
      const spoilt = gram.map((known, i) => (i === index ? value : known));
      // Symmetric, as every Gram matrix is.
      spoilt[(index % size) * size + Math.floor(index / size)] = value;
      t.throws(() => factorGram(spoilt), { code: 'activations_not_finite' });
    }
  }
});
