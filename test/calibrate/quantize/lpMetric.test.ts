import test from 'ava';
import { finitePCount, indexOfP, lpDistances, pName, pValues } from '../../../calibrate/quantize/lpMetric.js';

const finiteP = pValues.slice(0, finitePCount);

function lpOf(error: number): Float64Array {
  return lpDistances(Float64Array.of(error), Float64Array.of(1));
}

/** Relative to the power itself. */
function deviation(error: number, index: number): number {
  const exact = error ** finiteP[index]!;
  return Math.abs(lpOf(error)[index]! - exact) / exact;
}

test('powers of an error are those of Math.pow', (t) => {
  for (let step = 1; step <= 1000; step++) {
    const error = step / 1000;
    for (const [index, p] of finiteP.entries()) {
      if (p !== 2.4) t.true(deviation(error, index) < 1e-12, `${error} to ${p}`);
    }
  }
});

test('the interpolated power 2.4 is off by at most 1.2e-4 from 16/8192 on', (t) => {
  const index = indexOfP(2.4);
  for (let step = 0; step <= 4000; step++) {
    const error = 16 / 8192 + (step / 4000) * (1 - 16 / 8192);
    t.true(deviation(error, index) < 1.2e-4, String(error));
  }
});

test('errors spread evenly over half a step of an 8-bit grid sum to 3.5e-4 of the exact power 2.4', (t) => {
  const errors = Float64Array.from({ length: 5000 }, (_, i) => ((i + 0.5) / 5000) * (0.5 / 255));
  const sums = lpDistances(errors, new Float64Array(5000).fill(1));
  const exact = errors.reduce((sum, error) => sum + error ** 2.4, 0);
  t.true(Math.abs(sums[indexOfP(2.4)]! / exact - 1) < 3.5e-4);
});

test('an error of zero adds nothing, and one above the unit counts as the unit', (t) => {
  t.deepEqual(
    [...lpOf(0)],
    finiteP.map(() => 0),
  );
  t.deepEqual(
    [...lpOf(17)],
    finiteP.map(() => 1),
  );
  t.deepEqual(
    [...lpOf(1)],
    finiteP.map(() => 1),
  );
});

test('errors add up by their weight', (t) => {
  const expected = lpOf(0.5).map((value, i) => 3 * value + 2 * lpOf(0.25)[i]!);
  t.deepEqual(lpDistances(Float64Array.of(0.5, 0.25), Float64Array.of(3, 2)), expected);
});

test('p are ascending, end with min-max and are found by value', (t) => {
  t.deepEqual(
    [...pValues],
    [...pValues].sort((a, b) => a - b),
  );
  t.is(pValues.at(-1), Number.POSITIVE_INFINITY);
  for (const [index, p] of pValues.entries()) t.is(indexOfP(p), index);
  t.is(indexOfP(2.1), -1);
  t.deepEqual(
    pValues.map((_, index) => pName(index)),
    [1, 1.5, 2, 2.4, 3, 4, 6, 'inf'],
  );
});
