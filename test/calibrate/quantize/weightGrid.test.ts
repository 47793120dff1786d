import test from 'ava';
import { finitePCount, indexOfP, pValues } from '../../../calibrate/quantize/lpMetric.js';
import {
  chooseWeightScales,
  dequantizeWeights,
  roundWeights,
} from '../../../calibrate/quantize/weightGrid.js';
import { float32Tensor } from '../../../runtime/graph/tensor.js';
import { clamp, roundHalfToEven, weightRange } from '../../../runtime/quantParams.js';
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

function distance(values: Float32Array, scale: number, { bits, p }: { bits: number; p: number }): number {
  const { qmin, qmax } = weightRange(bits);
  let sum = 0;
  for (const w of values) sum += Math.abs(w - scale * clamp(roundHalfToEven(w / scale), qmin, qmax)) ** p;
  return sum;
}

/** @param step between the clips that are tried, as a share of the largest magnitude */
function exactOptimum(values: Float32Array, options: { bits: number; p: number; step: number }): number {
  const largest = Math.max(...values.map(Math.abs));
  const { qmax } = weightRange(options.bits);
  let least = Number.POSITIVE_INFINITY;
  for (let clip = 1; clip > 0.05; clip -= options.step) {
    least = Math.min(least, distance(values, (largest * clip) / qmax, options));
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
  test(`at ${bits} bits each channel's scale is within ${boundPercent} % of the distance that an exact search finds`, (t) => {
    const scales = chooseWeightScales(weights, bits);
    for (const [channel, [name, values]] of Object.entries(channels).entries()) {
      for (let i = 0; i <= indexOfP(4); i++) {
        const options = { bits, p: pValues[i]!, step };
        const regret = distance(values, scales[i]![channel]!, options) / exactOptimum(values, options) - 1;
        t.true(regret <= boundPercent / 100, `${name}, p = ${options.p}: ${regret}`);
      }
    }
  });
}

test('the clip grows with p, up to the largest magnitude', (t) => {
  const heavyTailed = float32Tensor([1, 20_000], laplacian(20_000, 14));
  for (const bits of [2, 3, 4]) {
    const scales = chooseWeightScales(heavyTailed, bits).map(([scale]) => scale!);
    for (let i = 1; i < scales.length; i++) t.true(scales[i]! >= scales[i - 1]!, `${bits} bits: ${scales}`);
    t.true(scales[0]! < 0.6 * scales.at(-1)!);
  }
});

test('p = infinity is min-max per channel', (t) => {
  for (const bits of allBits) {
    const minMax = Object.values(channels).map((values) =>
      Math.fround(Math.max(...values.map(Math.abs)) / weightRange(bits).qmax),
    );
    t.deepEqual([...chooseWeightScales(weights, bits).at(-1)!], minMax);
  }
});

test('codes keep within the range of their bits, at every p', (t) => {
  for (const bits of allBits) {
    const { qmin, qmax } = weightRange(bits);
    for (const scales of chooseWeightScales(weights, bits)) {
      const { codes, dims } = roundWeights(weights, scales, bits);
      t.deepEqual(dims, [3, 32, 3, 3]);
      t.true(codes.every((code) => code >= qmin && code <= qmax));
    }
  }
});

test('at 4 bits and below the lowest code is used, above it is left out', (t) => {
  const lowest = (bits: number) =>
    Math.min(...roundWeights(weights, chooseWeightScales(weights, bits)[0]!, bits).codes);
  t.deepEqual(allBits.map(lowest), [-2, -4, -8, -15, -31, -63, -127]);
});

test('codes are the nearest ones, ties going to the even code', (t) => {
  const halves = float32Tensor([1, 6], Float32Array.of(0.25, 0.75, -0.25, -0.75, 0.3, 99));
  const { codes } = roundWeights(halves, Float32Array.of(0.5), 8);
  t.deepEqual([...codes], [0, 2, 0, -2, 1, 127]);
});

test('dequantized weights are off by half a step at most where nothing is clipped, and have their sign', (t) => {
  for (const bits of allBits) {
    const scales = chooseWeightScales(weights, bits).at(-1)!;
    const values = dequantizeWeights(roundWeights(weights, scales, bits));
    for (const [i, value] of values.entries()) {
      const weight = (weights.data as Float32Array)[i]!;
      t.true(Math.abs(value - weight) <= 0.5001 * scales[Math.floor(i / 288)]!);
      t.true(value * weight >= 0);
    }
  }
});

test('mirrored weights of a symmetric range get mirrored codes and the same scale', (t) => {
  const mirrored = float32Tensor(
    weights.dims,
    (weights.data as Float32Array).map((w) => -w),
  );
  for (const bits of [5, 8]) {
    const scales = chooseWeightScales(weights, bits);
    t.deepEqual(chooseWeightScales(mirrored, bits), scales);
    const codes = roundWeights(weights, scales[2]!, bits).codes.map((code) => -code);
    t.deepEqual(roundWeights(mirrored, scales[2]!, bits).codes, codes);
  }
});

test('a dead channel gets scale 1 and codes of zero, and leaves its neighbours alone', (t) => {
  const data = Float32Array.from([...new Float32Array(288), ...channels.Gaussian]);
  const withDead = float32Tensor([2, 32, 3, 3], data);
  const alone = chooseWeightScales(float32Tensor([1, 32, 3, 3], channels.Gaussian), 4);
  for (const [i, scales] of chooseWeightScales(withDead, 4).entries()) {
    t.deepEqual([...scales], [1, alone[i]![0]!]);
    t.true(
      roundWeights(withDead, scales, 4)
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
      for (const scales of chooseWeightScales(tensor, bits)) {
        const values = dequantizeWeights(roundWeights(tensor, scales, bits));
        // To the centre of the value's bin, of which there are 2048.
        for (const [i, value] of values.entries()) t.true(Math.abs(value / data[i]! - 1) < 1 / 1000);
      }
    }
  }
});

test('there is one set of scales for each p', (t) => {
  t.is(chooseWeightScales(weights, 4).length, finitePCount + 1);
});
