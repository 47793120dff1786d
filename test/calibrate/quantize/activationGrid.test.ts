import test from 'ava';
import { type Activation, identity, inAllChannels } from '../../../calibrate/quantize/activation.js';
import { chooseActivationGrids, clippedShare } from '../../../calibrate/quantize/activationGrid.js';
import type { ValueDistribution } from '../../../calibrate/quantize/histogram.js';
import { finitePCount, indexOfP, pValues } from '../../../calibrate/quantize/lpMetric.js';
import { affineParams, fakeQuantize, type QuantParams } from '../../../runtime/quantParams.js';
import { distributionOf, gaussian, laplacian } from '../../helpers/distributions.js';

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
const silu = (x: number) => x * sigmoid(x);
const leakyRelu = (x: number) => (x < 0 ? 0.1 * x : x);
/** A SiLU whose gate sees half of the channels unscaled by 1/4 and half by 8. */
const scaledSilu: Activation = {
  functions: [0.25, 8].map((factor, channel) => ({
    of: (x) => x * sigmoid(factor * x),
    channels: [channel],
  })),
};
const gateOfItself: Activation = { ...inAllChannels(sigmoid), weight: Math.abs };

const samples = {
  'a Gaussian behind ReLU': gaussian(800, 1).map((x) => Math.max(0, x)),
  'a heavy tail behind ReLU': laplacian(800, 2).map((x) => Math.max(0, x)),
  'a heavy tail below zero': laplacian(800, 7).map((x) => -Math.abs(x)),
  'a two-sided heavy tail': laplacian(800, 4),
  'a SiLU output': gaussian(800, 5).map((x) => silu(3 * x)),
  'a LeakyReLU output': laplacian(800, 6).map(leakyRelu),
};

/** Whether a number is another one rounded to 10 bits. */
function isShortOf(short: number, long: number): boolean {
  const bits = (short / 2 ** Math.floor(Math.log2(short))) * 2 ** 9;
  return Number.isInteger(bits) && Math.abs(short / long - 1) <= 2 ** -10;
}

/** Sum of (w(x) |f(x) - f(x^)|)^p over the values themselves and the functions f, by finite p. */
function exactDistances(
  values: Float32Array,
  grid: QuantParams,
  { functions, weight = () => 1 }: Activation = identity,
): number[] {
  const sums = new Array<number>(finitePCount).fill(0);
  for (const x of values) {
    const onGrid = fakeQuantize(x, grid);
    for (const { of } of functions) {
      const error = weight(x) * Math.abs(of(x) - of(onGrid));
      for (let i = 0; i < finitePCount; i++) sums[i] = sums[i]! + error ** pValues[i]!;
    }
  }
  return sums;
}

/** The least distance by p that an exhaustive search over cuts finds, without histogram or tables. */
function exactOptima(values: Float32Array, bits: number, f?: Activation): number[] {
  const [min, max] = [Math.min(0, ...values), Math.max(0, ...values)];
  const shares = (count: number) => Array.from({ length: count }, (_, i) => (i + 1) / count);
  const finest = min < 0 && max > 0 ? 20 : 200;
  const best = new Array<number>(finitePCount).fill(Number.POSITIVE_INFINITY);
  for (const low of min < 0 ? shares(finest) : [1]) {
    for (const high of max > 0 ? shares(finest) : [1]) {
      const distances = exactDistances(values, affineParams(min * low, max * high, bits), f);
      for (const [i, distance] of distances.entries()) best[i] = Math.min(best[i]!, distance);
    }
  }
  return best;
}

// The bounds of detptq.md 2, for p up to 4.
for (const [bits, boundPercent] of [
  [2, 0.7],
  [4, 0.7],
  [8, 5],
] as const) {
  test(`at ${bits} bits the chosen range is within ${boundPercent} % of the distance that an exact search finds`, (t) => {
    for (const [name, values] of Object.entries(samples)) {
      const optima = exactOptima(values, bits);
      const grids = chooseActivationGrids(distributionOf(values), bits);
      for (let i = 0; i <= indexOfP(4); i++) {
        const regret = exactDistances(values, grids[i]!)[i]! / optima[i]! - 1;
        t.true(regret <= boundPercent / 100, `${name}, p = ${pValues[i]}: ${regret}`);
      }
      const squared = indexOfP(2);
      const [alone] = chooseActivationGrids(distributionOf(values), bits, { ps: [squared] });
      const regret = exactDistances(values, alone!)[squared]! / optima[squared]! - 1;
      t.true(regret <= boundPercent / 100, `${name}, p = 2 alone: ${regret}`);
    }
  });
}

// Behind a gate the distance has several minima; the walk may end in a neighbouring one.
for (const [name, activation, bound] of [
  ['SiLU', inAllChannels(silu), 0.015],
  ['LeakyReLU', inAllChannels(leakyRelu), 0.015],
  ['SiLU of scaled channels', scaledSilu, 0.015],
  ['the gate of a SiLU', gateOfItself, 0.06],
] as const) {
  test(`in front of ${name} the error behind it is what counts`, (t) => {
    const values = gaussian(800, 21).map((x) => 3 * x);
    const distribution = distributionOf(values);
    const optima = exactOptima(values, 4, activation);
    const aware = chooseActivationGrids(distribution, 4, { activation });
    const unaware = chooseActivationGrids(distribution, 4);
    for (let i = 0; i <= indexOfP(4); i++) {
      const distance = exactDistances(values, aware[i]!, activation)[i]!;
      t.true(distance / optima[i]! - 1 <= bound, `p = ${pValues[i]}: ${distance / optima[i]!}`);
      t.true(distance < exactDistances(values, unaware[i]!, activation)[i]!, `p = ${pValues[i]}`);
    }
  });
}

test('what only channels of one function reach is measured by that function', (t) => {
  // One channel of sixteen was scaled by 8: it alone reaches far below zero, where its SiLU still falls.
  const factors = [1, 1 / 8];
  const channels = [Array.from({ length: 15 }, (_, i) => i), [15]];
  const samples = channels.map((own, f) => gaussian(200 * own.length, 21 + f).map((x) => x / factors[f]!));
  const functions = factors.map((factor, f) => ({
    of: (x: number) => x * sigmoid(factor * x),
    channels: channels[f]!,
  }));
  const pooled = distributionOf(Float32Array.from(samples.flatMap((values) => [...values])));
  const byFunction = samples.map((values, f) => {
    const { centers, weights } = distributionOf(values);
    return { centers, weights: weights.map((weight) => (weight * channels[f]!.length) / 16) };
  });
  const squared = indexOfP(2);
  const distance = (distribution: ValueDistribution) => {
    const grid = chooseActivationGrids(distribution, 4, { activation: { functions } })[squared]!;
    return samples
      .map((values, f) => exactDistances(values, grid, { functions: [functions[f]!] })[squared]!)
      .reduce((sum, one) => sum + one);
  };
  t.true(distance({ ...pooled, byFunction }) < 0.9 * distance(pooled));
});

test('the clip grows with p, up to the largest value', (t) => {
  for (const bits of [2, 3, 4]) {
    const values = laplacian(20_000, 8).map((x) => Math.max(0, x));
    const tops = chooseActivationGrids(distributionOf(values), bits).map(({ scale, qmax }) => scale * qmax);
    for (let i = 1; i < tops.length; i++) t.true(tops[i]! >= tops[i - 1]!, `${bits} bits: ${tops}`);
    t.true(tops[0]! < 0.7 * tops.at(-1)!);
    t.true(isShortOf(tops.at(-1)! / (2 ** bits - 1), Math.max(...values) / (2 ** bits - 1)));
  }
});

test('p = infinity is min-max, whatever the values', (t) => {
  for (const values of Object.values(samples)) {
    const minMax = affineParams(Math.min(0, ...values), Math.max(0, ...values), 4);
    const { scale, ...codes } = chooseActivationGrids(distributionOf(values), 4).at(-1)!;
    t.true(isShortOf(scale, minMax.scale));
    t.like(minMax, codes);
  }
});

test('one-sided values get all codes on their side', (t) => {
  for (const grid of chooseActivationGrids(distributionOf(samples['a Gaussian behind ReLU']), 4))
    t.is(grid.zeroPoint, 0);
  for (const grid of chooseActivationGrids(distributionOf(samples['a heavy tail below zero']), 4))
    t.is(grid.zeroPoint, 15);
});

test('the two ends of a two-sided range are cut apart', (t) => {
  // A long, thin tail below zero and the mass above it: cutting both ends alike would waste the codes.
  const values = Float32Array.from([...gaussian(2000, 3).map((x) => Math.abs(x)), -10]);
  const [grid] = chooseActivationGrids(distributionOf(values), 4);
  t.true(grid!.scale * grid!.zeroPoint < 1, `${grid!.scale} ${grid!.zeroPoint}`);
});

test('every grid is one of its bits, with zero on it', (t) => {
  for (const bits of [2, 3, 5, 8]) {
    for (const values of Object.values(samples)) {
      for (const { scale, zeroPoint, qmin, qmax } of chooseActivationGrids(distributionOf(values), bits)) {
        t.deepEqual([qmin, qmax], [0, 2 ** bits - 1]);
        t.true(scale > 0 && scale === Math.fround(scale));
        t.true(Number.isInteger(zeroPoint) && zeroPoint >= qmin && zeroPoint <= qmax);
      }
    }
  }
});

test('a constant is represented to within a bin of the histogram', (t) => {
  for (const [value, bits] of [
    [2.5, 8],
    [-0.003, 4],
    [7e4, 2],
  ] as const) {
    for (const grid of chooseActivationGrids(distributionOf(new Float32Array(10).fill(value)), bits)) {
      t.true(Math.abs(fakeQuantize(value, grid) / value - 1) < 1 / 1024, `${value}: ${grid.scale}`);
    }
  }
});

test('zeros alone, or nothing at all, give the default grid for every p', (t) => {
  for (const values of [new Float32Array(100), new Float32Array()]) {
    const grids = chooseActivationGrids(distributionOf(values), 8);
    t.true(grids.every(({ scale }) => isShortOf(scale, affineParams(0, 0, 8).scale)));
    t.is(grids.length, pValues.length);
    t.is(clippedShare(distributionOf(values), grids[0]!), 0);
  }
});

test('zeros do not move the choice: they lie on every grid', (t) => {
  const values = samples['a heavy tail behind ReLU'].filter((x) => x !== 0);
  const diluted = Float32Array.from([...values, ...new Float32Array(5000)]);
  t.deepEqual(
    chooseActivationGrids(distributionOf(diluted), 4),
    chooseActivationGrids(distributionOf(values), 4),
  );
});

test('scaling the values by a power of two scales the grids and nothing else', (t) => {
  const values = samples['a two-sided heavy tail'];
  const scaled = chooseActivationGrids(distributionOf(values.map((x) => x * 64)), 4);
  const expected = chooseActivationGrids(distributionOf(values), 4).map((grid) => ({
    ...grid,
    scale: grid.scale * 64,
  }));
  t.deepEqual(scaled, expected);
});

test('the clipped share is that of the values beyond the last code and a half', (t) => {
  const values = samples['a heavy tail behind ReLU'];
  const grid = affineParams(0, 2, 4);
  const beyond = values.filter((x) => x > grid.scale * 15.5).length / values.length;
  // A bin is 1/512 wide here, so at most a few values sit in the bin of the edge.
  t.true(Math.abs(clippedShare(distributionOf(values), grid) - beyond) < 0.005);
  t.is(clippedShare(distributionOf(values), affineParams(0, Math.max(...values), 4)), 0);
});

test("the last bits of the largest value, which are the engine's, change no grid", (t) => {
  const values = samples['a two-sided heavy tail'];
  const other = values.map((x) => x * (1 + 1e-6));
  t.deepEqual(
    chooseActivationGrids(distributionOf(other), 8),
    chooseActivationGrids(distributionOf(values), 8),
  );
});
