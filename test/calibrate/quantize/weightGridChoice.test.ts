import test from 'ava';
import { finitePCount, indexOfP, pValues } from '../../../calibrate/quantize/lpMetric.js';
import { dequantizeWeights, roundWeights, type WeightGrids } from '../../../calibrate/quantize/weightGrid.js';
import { chooseWeightGrids } from '../../../calibrate/quantize/weightGridChoice.js';
import { float32Tensor } from '../../../runtime/graph/tensor.js';
import { clamp, roundHalfToEven, weightRanges, weightSpan } from '../../../runtime/quantParams.js';
import { gaussian, laplacian } from '../../helpers/distributions.js';
import { randomFloats } from '../../helpers/random.js';

const allBits = [2, 3, 4, 5, 6, 7, 8];

const channels = {
  Gaussian: gaussian(288, 11),
  'heavy-tailed': laplacian(288, 12),
  uniform: randomFloats(288, 13),
};
const weights = float32Tensor(
  [3, 32, 3, 3],
  Float32Array.from(Object.values(channels).flatMap((c) => [...c])),
);

interface Options {
  readonly bits: number;
  readonly p: number;
}

function distance(
  values: Float32Array,
  { scale, lowest }: { scale: number; lowest: number },
  { bits, p }: Options,
): number {
  const greatest = lowest + weightSpan(bits);
  let sum = 0;
  for (const w of values)
    sum += Math.abs(w - scale * clamp(roundHalfToEven(w / scale), lowest, greatest)) ** p;
  return sum;
}

/** @param step between the scales that are tried, as a share of the one that holds the largest magnitude in the fewest codes */
function exactOptimum(values: Float32Array, { step, ...options }: Options & { step: number }): number {
  const largest = Math.max(...values.map(Math.abs));
  const ranges = weightRanges(options.bits);
  const fewest = Math.min(...ranges.map(({ qmin, qmax }) => Math.max(-qmin, qmax)));
  let least = Number.POSITIVE_INFINITY;
  for (let share = 1; share > 0.05; share -= step) {
    for (const { qmin } of ranges) {
      const grid = { scale: (largest * share) / fewest, lowest: qmin };
      least = Math.min(least, distance(values, grid, options));
    }
  }
  return least;
}

// At 8 bits the steps are as fine as the clips, which are 1 % apart, so that a finer search would find
// coincidences of these 288 weights.
for (const [bits, boundPercent, step] of [
  [2, 0.7, 0.002],
  [3, 0.7, 0.002],
  [4, 0.7, 0.002],
  [6, 5, 0.002],
  [8, 5, 0.01],
] as const) {
  test(`at ${bits} bits each channel's grid is within ${boundPercent} % of the distance that an exact search finds`, (t) => {
    const grids = chooseWeightGrids(weights, bits);
    for (const [channel, [name, values]] of Object.entries(channels).entries()) {
      for (let i = 0; i <= indexOfP(4); i++) {
        const options = { bits, p: pValues[i]!, step };
        const { scales, lowest } = grids[i]!;
        const grid = { scale: scales[channel]!, lowest: lowest[channel]! };
        const regret = distance(values, grid, options) / exactOptimum(values, options) - 1;
        t.true(regret <= boundPercent / 100, `${name}, p = ${options.p}: ${regret}`);
      }
    }
  });
}

test('the clip grows with p, up to the largest magnitude', (t) => {
  const heavyTailed = float32Tensor([1, 20_000], laplacian(20_000, 14));
  for (const bits of [2, 3, 4]) {
    const scales = chooseWeightGrids(heavyTailed, bits).map(({ scales: [scale] }) => scale!);
    for (let i = 1; i < scales.length; i++) t.true(scales[i]! >= scales[i - 1]!, `${bits} bits: ${scales}`);
    t.true(scales[0]! < 0.6 * scales.at(-1)!);
  }
});

test('p = infinity is min-max per channel', (t) => {
  for (const bits of allBits) {
    const minMax = Object.values(channels).map((values) => {
      const [low, high] = [Math.min(...values), Math.max(...values)];
      const scales = weightRanges(bits).map(({ qmin, qmax }) => Math.max(low / -Math.abs(qmin), high / qmax));
      return Math.fround(Math.min(...scales));
    });
    t.deepEqual([...chooseWeightGrids(weights, bits).at(-1)!.scales], minMax);
  }
});

test('codes keep within a range of their bits, at every p', (t) => {
  for (const bits of allBits) {
    for (const grids of chooseWeightGrids(weights, bits)) {
      const { codes, dims } = roundWeights(weights, grids, bits);
      t.deepEqual(dims, [3, 32, 3, 3]);
      for (const [channel, least] of grids.lowest.entries()) {
        t.true(weightRanges(bits).some(({ qmin }) => qmin === least));
        const own = codes.subarray(channel * 288, (channel + 1) * 288);
        t.true(own.every((code) => code >= least && code <= least + weightSpan(bits)));
      }
    }
  }
});

test('at 4 bits and below codes lie where the weights do, and the error is less than on any one range', (t) => {
  const skewed = float32Tensor(
    [2, 288],
    Float32Array.from([
      ...channels.Gaussian.map((w) => (w > 0 ? 3 * w : w)),
      ...channels.Gaussian.map((w) => (w > 0 ? -3 * w : -w)),
    ]),
  );
  const errorOf = (grids: WeightGrids, bits: number) => {
    const values = dequantizeWeights(roundWeights(skewed, grids, bits));
    return (skewed.data as Float32Array).reduce((sum, w, i) => sum + (w - values[i]!) ** 2, 0);
  };
  for (const bits of [2, 3, 4]) {
    const grids = chooseWeightGrids(skewed, bits)[2]!;
    const [up, down] = grids.lowest as unknown as [number, number];
    t.true(up > -(2 ** (bits - 1)), `${bits} bits: ${up}`);
    t.is(down, -up - weightSpan(bits));
    const even = Int8Array.of(-(2 ** (bits - 1)), -(2 ** (bits - 1)));
    t.true(errorOf(grids, bits) < 0.95 * errorOf({ ...grids, lowest: even }, bits));
  }
});

test('dequantized weights are off by half a step at most where nothing is clipped, and have their sign', (t) => {
  for (const bits of allBits) {
    const grids = chooseWeightGrids(weights, bits).at(-1)!;
    const values = dequantizeWeights(roundWeights(weights, grids, bits));
    for (const [i, value] of values.entries()) {
      const weight = (weights.data as Float32Array)[i]!;
      t.true(Math.abs(value - weight) <= 0.5001 * grids.scales[Math.floor(i / 288)]!);
      t.true(value * weight >= 0);
    }
  }
});

test('mirrored weights get mirrored codes and the same scale', (t) => {
  const mirrored = float32Tensor(
    weights.dims,
    (weights.data as Float32Array).map((w) => -w),
  );
  for (const bits of [2, 4, 5, 8]) {
    const grids = chooseWeightGrids(weights, bits)[2]!;
    const turned = chooseWeightGrids(mirrored, bits)[2]!;
    t.deepEqual(turned.scales, grids.scales);
    const codes = roundWeights(weights, grids, bits).codes.map((code) => -code);
    t.deepEqual(roundWeights(mirrored, turned, bits).codes, codes);
  }
});

test('a dead channel gets scale 1 and codes of zero, and leaves its neighbours alone', (t) => {
  const data = Float32Array.from([...new Float32Array(288), ...channels.Gaussian]);
  const withDead = float32Tensor([2, 32, 3, 3], data);
  const alone = chooseWeightGrids(float32Tensor([1, 32, 3, 3], channels.Gaussian), 4);
  for (const [i, grids] of chooseWeightGrids(withDead, 4).entries()) {
    t.deepEqual([...grids.scales], [1, alone[i]!.scales[0]!]);
    t.true(
      roundWeights(withDead, grids, 4)
        .codes.subarray(0, 288)
        .every((code) => code === 0),
    );
  }
});

test('a channel of one weight, or of one value, loses nothing at any p', (t) => {
  for (const [dims, data] of [
    [[2, 1], Float32Array.of(0.7, -3)],
    [[1, 9], new Float32Array(9).fill(0.125)],
  ] as const) {
    const tensor = float32Tensor(dims, data);
    for (const bits of [3, 8]) {
      for (const grids of chooseWeightGrids(tensor, bits)) {
        const values = dequantizeWeights(roundWeights(tensor, grids, bits));
        // To the centre of the value's bin.
        for (const [i, value] of values.entries()) t.true(Math.abs(value / data[i]! - 1) < 1 / 250);
      }
    }
  }
});

test('there is one set of grids for each p', (t) => {
  t.is(chooseWeightGrids(weights, 4).length, finitePCount + 1);
});
