import test from 'ava';
import {
  activationRange,
  affineParams,
  assertBits,
  clamp,
  fakeQuantize,
  quantize,
  roundHalfToEven,
  weightRanges,
  weightSpan,
} from '../../runtime/quantParams.js';
import { randomFloats } from '../helpers/random.js';

const allBits = [2, 3, 4, 5, 6, 7, 8];

test('halves round to the even neighbour, on both sides of zero', (t) => {
  const halves = [-3.5, -2.5, -1.5, -0.5, 0.5, 1.5, 2.5, 3.5, 4.5];
  t.deepEqual(
    halves.map((x) => roundHalfToEven(x) + 0),
    [-4, -2, -2, 0, 0, 2, 2, 4, 4],
  );
});

test('whatever is no half rounds to the nearest integer', (t) => {
  const values = [0.49999999999999994, 0.5000000001, 1.4999999, -1.50001, -0.2, 7, -7, 2 ** 40 + 0.75];
  t.deepEqual(
    values.map((x) => roundHalfToEven(x) + 0),
    [0, 1, 1, -2, 0, 7, -7, 2 ** 40 + 1],
  );
});

test('rounding is odd, never off by more than a half, and gives integers', (t) => {
  for (const x of randomFloats(2000, 3)) {
    const rounded = roundHalfToEven(x * 300);
    t.true(Number.isInteger(rounded));
    t.true(Math.abs(rounded - x * 300) <= 0.5);
    t.is(roundHalfToEven(-x * 300) + 0, -rounded + 0);
  }
});

test('NaN and infinity pass through rounding', (t) => {
  t.is(roundHalfToEven(Number.NaN), Number.NaN);
  t.is(roundHalfToEven(Number.POSITIVE_INFINITY), Number.POSITIVE_INFINITY);
  t.is(roundHalfToEven(Number.NEGATIVE_INFINITY), Number.NEGATIVE_INFINITY);
});

test('clamp keeps what lies between the bounds', (t) => {
  t.deepEqual(
    [-1, 0, 0.5, 1, 2].map((x) => clamp(x, 0, 1)),
    [0, 0, 0.5, 1, 1],
  );
});

test('weight codes are symmetric from 5 bits on; at 4 bits and below every code counts, wherever zero lies', (t) => {
  t.deepEqual(
    [5, 6, 7, 8].map((bits) => weightRanges(bits)),
    [15, 31, 63, 127].map((qmax) => [{ qmin: -qmax, qmax }]),
  );
  t.deepEqual(
    weightRanges(2).map(({ qmin, qmax }) => [qmin, qmax]),
    [
      [-3, 0],
      [-2, 1],
      [-1, 2],
      [0, 3],
    ],
  );
  t.deepEqual(
    allBits.map((bits) => weightRanges(bits).length),
    [4, 8, 16, 1, 1, 1, 1],
  );
  for (const bits of allBits)
    for (const { qmin, qmax } of weightRanges(bits)) t.is(qmax - qmin, weightSpan(bits));
});

test('activation codes are unsigned and use every code', (t) => {
  t.deepEqual(
    allBits.map((bits) => Object.values(activationRange(bits))),
    allBits.map((bits) => [0, 2 ** bits - 1]),
  );
});

test('bits that are no whole number from 2 to 8 are refused, saying where', (t) => {
  for (const bits of [1, 9, 0, -4, 4.5, Number.NaN, Number.POSITIVE_INFINITY]) {
    for (const refuse of [
      weightRanges,
      weightSpan,
      activationRange,
      (got: number) => assertBits(got, 'weight bits'),
    ]) {
      t.throws(() => refuse(bits), { code: 'bits_out_of_range' });
    }
  }
  t.throws(() => assertBits(9, '--weight-bits'), { message: /^--weight-bits: expected .* 2 to 8, got 9$/ });
});

test('an affine grid covers its range, has zero exactly on it and a float32 scale', (t) => {
  const random = randomFloats(400, 5);
  for (let i = 0; i < random.length; i += 2) {
    const [min, max] = [Math.min(random[i]!, random[i + 1]!) * 9, Math.max(random[i]!, random[i + 1]!) * 9];
    const bits = allBits[(i / 2) % allBits.length]!;
    const params = affineParams(min, max, bits);
    t.is(params.scale, Math.fround(params.scale));
    t.true(Number.isInteger(params.zeroPoint) && params.zeroPoint >= 0 && params.zeroPoint <= params.qmax);
    t.is(fakeQuantize(0, params) + 0, 0);
    // Rounding the zero point shifts the range by half a step at most.
    t.true(Math.abs(fakeQuantize(min, params) - min) <= params.scale * 1.001 || min > 0);
    t.true(Math.abs(fakeQuantize(max, params) - max) <= params.scale * 1.001 || max < 0);
  }
});

test('a range on one side of zero is widened to zero, which is then its first or last code', (t) => {
  t.like(affineParams(2, 5.1, 8), { scale: Math.fround(5.1 / 255), zeroPoint: 0, qmin: 0, qmax: 255 });
  t.like(affineParams(-5.1, -2, 4), { scale: Math.fround(5.1 / 15), zeroPoint: 15, qmin: 0, qmax: 15 });
});

test('a range without width gives a grid on which zero is exact', (t) => {
  for (const bits of allBits) {
    const params = affineParams(0, 0, bits);
    t.true(params.scale > 0);
    t.is(params.zeroPoint, 0);
    t.is(fakeQuantize(0, params), 0);
  }
});

test('values beyond the grid take its ends, ties go to the even code, NaN stands for zero', (t) => {
  const params = { scale: 0.5, zeroPoint: 3, qmin: 0, qmax: 15 };
  t.deepEqual(
    [-100, 100, 0.25, 0.75, -0.25, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY].map((x) =>
      quantize(x, params),
    ),
    [0, 15, 3, 5, 3, 15, 0],
  );
  t.is(quantize(Number.NaN, params), 3);
  t.is(fakeQuantize(Number.NaN, params), 0);
});

test('what is on the grid stays where it is', (t) => {
  for (const bits of allBits) {
    const params = affineParams(-1.7, 3.1, bits);
    for (let code = 0; code <= params.qmax; code++) {
      const value = params.scale * (code - params.zeroPoint);
      t.is(quantize(value, params), code);
      t.is(fakeQuantize(value, params), value);
    }
  }
});
