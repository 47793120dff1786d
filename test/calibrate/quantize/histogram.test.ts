import test from 'ava';
import { GrowingHistogram, mergeDistributions } from '../../../calibrate/quantize/histogram.js';
import { randomFloats } from '../../helpers/random.js';

const { bins } = GrowingHistogram;

function histogramOf(...batches: readonly (readonly number[] | Float32Array)[]): GrowingHistogram {
  const histogram = new GrowingHistogram();
  for (const batch of batches) histogram.add(Float32Array.from(batch));
  return histogram;
}

/** Number of values in a bin, counted without the class. */
function countsBySearch(values: Float32Array, { limit, binWidth }: GrowingHistogram): number[] {
  const counts = new Array<number>(bins).fill(0);
  for (const x of values) if (x !== 0) counts[Math.floor((x + limit) / binWidth)]!++;
  return counts;
}

test('the result does not depend on the order of the values or on how they are batched', (t) => {
  const values = randomFloats(3000, 1).map((x) => x ** 5 * 1000);
  const whole = histogramOf(values);
  const backwards = histogramOf(...[...values].reverse().map((x) => [x]));
  const sorted = histogramOf(values.slice().sort());
  for (const other of [backwards, sorted]) t.deepEqual(other, whole);
});

test('growing keeps every count, in the bin where a histogram of the final width has it', (t) => {
  const small = randomFloats(2000, 2);
  const large = randomFloats(500, 3).map((x) => x * 77);
  const histogram = histogramOf(small, large);
  const all = Float32Array.from([...small, ...large]);
  t.is(histogram.count, 2500);
  t.deepEqual([...histogram.counts], countsBySearch(all, histogram));
});

test('a value of weight n counts as n values do', (t) => {
  const values = randomFloats(300, 9).map((x, i) => (i % 7 === 0 ? 0 : x));
  const weighted = new GrowingHistogram();
  weighted.add(values, 3);
  t.deepEqual(weighted, histogramOf(values, values, values));
});

test('the limit is the least power of two that holds the values', (t) => {
  t.is(histogramOf([3]).limit, 4);
  t.is(histogramOf([4]).limit, 8);
  t.is(histogramOf([-4]).limit, 4);
  t.is(histogramOf([-4.5]).limit, 8);
  t.is(histogramOf([3e38]).limit, 2 ** 128);
});

test('exact zeros are counted apart, of either sign', (t) => {
  const histogram = histogramOf([0, -0, 0, 1]);
  t.is(histogram.zeros, 3);
  t.is(histogram.count, 4);
  t.is(
    histogram.counts.reduce((a, b) => a + b, 0),
    1,
  );
});

test('NaN and infinities are passed over', (t) => {
  const histogram = histogramOf([1, Number.NaN, Number.POSITIVE_INFINITY, -2, Number.NEGATIVE_INFINITY]);
  t.is(histogram.count, 2);
  t.is(histogram.min, -2);
  t.is(histogram.max, 1);
  const nothing = histogramOf([Number.NaN], [Number.NEGATIVE_INFINITY]);
  t.is(nothing.count, 0);
  t.deepEqual(mergeDistributions([nothing]), {
    centers: new Float64Array(),
    weights: new Float64Array(),
    min: 0,
    max: 0,
  });
});

test('nothing added is an empty distribution of range zero', (t) => {
  const { centers, weights, min, max } = mergeDistributions([histogramOf([], new Float32Array())]);
  t.deepEqual([centers.length, weights.length, min, max], [0, 0, 0, 0]);
});

test('a single value is one bin whose centre is within a bin of it and not beyond it', (t) => {
  for (const value of [1, 0.3, -5, 1e-5, -1e20, 3e-30]) {
    const { centers, weights, min, max } = mergeDistributions([histogramOf([value])]);
    const x = Math.fround(value);
    t.deepEqual([...weights], [1]);
    t.is(min, Math.min(0, x));
    t.is(max, Math.max(0, x));
    t.true(Math.abs(centers[0]! - x) <= histogramOf([value]).binWidth / 2);
    t.true(centers[0]! >= min && centers[0]! <= max);
  }
});

test('a constant tensor has all its weight in one bin', (t) => {
  const { centers, weights } = mergeDistributions([histogramOf(new Float32Array(99).fill(2.5))]);
  t.is(centers.length, 1);
  t.deepEqual([...weights], [1]);
});

test('values that are all negative have a range that ends at zero', (t) => {
  const { centers, min, max } = mergeDistributions([histogramOf([-1, -2, -3])]);
  t.is(min, -3);
  t.is(max, 0);
  t.true(centers.every((center) => center < 0));
});

test('weights are shares of all values, zeros included, though zeros are not listed', (t) => {
  const { weights } = mergeDistributions([histogramOf([0, 0, 0, 1])]);
  t.deepEqual([...weights], [0.25]);
});

test('merged histograms are the histogram of all their values', (t) => {
  const [a, b, c] = [
    randomFloats(700, 4),
    randomFloats(900, 5).map((x) => x * 40),
    randomFloats(10, 6).map(() => 0),
  ];
  const merged = mergeDistributions([histogramOf(a!), histogramOf(b!), histogramOf(c!)]);
  const together = mergeDistributions([histogramOf([...a!, ...b!, ...c!])]);
  t.deepEqual(merged, together);
  t.deepEqual(mergeDistributions([histogramOf(c!), histogramOf(b!), histogramOf(a!)]), merged);
});

test('an empty histogram adds nothing to a merger', (t) => {
  const values = randomFloats(50, 8);
  t.deepEqual(
    mergeDistributions([histogramOf(values), new GrowingHistogram()]),
    mergeDistributions([histogramOf(values)]),
  );
});
