import test from 'ava';
import { factorGram } from '../../../calibrate/quantize/gramFactor.js';
import { leastSquaresWeights } from '../../../calibrate/quantize/leastSquares.js';
import { assertClose } from '../../helpers/close.js';
import { correlatedRows, product } from '../../helpers/correlatedRows.js';
import { gaussian } from '../../helpers/distributions.js';
import { randomFloats } from '../../helpers/random.js';

const size = 6;
const float = correlatedRows({ rows: 50, size, seed: 1 });
const noise = gaussian(float.length, 2);
const quantized = float.map((value, i) => value + 0.3 * noise[i]!);
const weights = Float64Array.from(randomFloats(2 * size, 3));
const inputs = { gram: product(quantized, quantized, size), cross: product(quantized, float, size) };

/** The loss that least squares lessens. */
function loss(candidate: ArrayLike<number>, lambda: number): number {
  let sum = 0;
  for (let row = 0; row < 2; row++) {
    for (let start = 0; start < float.length; start += size) {
      let difference = 0;
      for (let i = 0; i < size; i++) {
        difference += float[start + i]! * weights[row * size + i]!;
        difference -= quantized[start + i]! * candidate[row * size + i]!;
      }
      sum += difference ** 2;
    }
    for (let i = 0; i < size; i++)
      sum += lambda * (candidate[row * size + i]! - weights[row * size + i]!) ** 2;
  }
  return sum;
}

test('no step in any direction lessens the loss', (t) => {
  const factor = factorGram(inputs.gram, { damping: 0.1 });
  const found = leastSquaresWeights(weights, inputs, factor);
  const least = loss(found, factor.added);
  t.true(least < loss(weights, factor.added));
  for (let i = 0; i < found.length; i++) {
    for (const step of [-1e-3, 1e-3]) {
      const moved = found.map((value, j) => (j === i ? value + step : value));
      t.true(loss(moved, factor.added) > least);
    }
  }
});

test('it is where descent along the gradient of the loss comes to rest', (t) => {
  const factor = factorGram(inputs.gram, { damping: 0.1 });
  let point = Float64Array.from(weights);
  // The loss is quadratic: its gradient is exact from differences of any width.
  const slope = (at: Float64Array, i: number) => {
    const moved = (by: number) =>
      loss(
        at.map((value, j) => (j === i ? value + by : value)),
        factor.added,
      );
    return (moved(0.5) - moved(-0.5)) / 2;
  };
  const rate =
    1 / inputs.gram.reduce((sum, value, i) => (i % (size + 1) === 0 ? sum + value : sum), factor.added);
  for (let step = 0; step < 400; step++) point = point.map((value, i) => value - rate * slope(point, i));
  assertClose(t, leastSquaresWeights(weights, inputs, factor), { expected: [...point], tolerance: 1e-6 });
});

test('weights stay as they are where both networks agree, however few the rows', (t) => {
  const few = float.subarray(0, 2 * size);
  const gram = product(few, few, size);
  const found = leastSquaresWeights(weights, { gram, cross: gram }, factorGram(gram));
  t.deepEqual(found, weights);
});

test('an input that is always zero keeps its weights', (t) => {
  const dead = 2;
  const withDead = quantized.map((value, i) => (i % size === dead ? 0 : value));
  const gram = product(withDead, withDead, size);
  const cross = product(withDead, float, size);
  const found = leastSquaresWeights(weights, { gram, cross }, factorGram(gram));
  for (const [i, value] of found.entries()) t.is(value === weights[i], i % size === dead);
});
