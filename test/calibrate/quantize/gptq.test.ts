import test from 'ava';
import { gptqRound, reconstructWeights } from '../../../calibrate/quantize/gptq.js';
import { factorGram } from '../../../calibrate/quantize/gramFactor.js';
import { pValues } from '../../../calibrate/quantize/lpMetric.js';
import { dequantizeWeights, roundWeights, type WeightGrids } from '../../../calibrate/quantize/weightGrid.js';
import { chooseWeightGrids } from '../../../calibrate/quantize/weightGridChoice.js';
import { weightSpan } from '../../../runtime/quantParams.js';
import { product } from '../../helpers/correlatedRows.js';
import { gaussian } from '../../helpers/distributions.js';
import { layer, outputError } from '../../helpers/roundedLayer.js';

function round(
  weights: Float32Array,
  gram: Float64Array,
  { grids, bits }: { grids: WeightGrids; bits: number },
) {
  return gptqRound({
    weights: Float64Array.from(weights),
    factor: factorGram(gram),
    grids: [grids],
    bits,
  })[0]!;
}

for (const bits of [2, 3, 4, 6, 8]) {
  test(`at ${bits} bits it loses less at the outputs than rounding to nearest, and keeps to its codes`, (t) => {
    const { gram, weights } = layer({ channels: 16, size: 48, seed: 10 * bits });
    const grids = chooseWeightGrids(weights, bits)[2]!;
    const nearest = roundWeights(weights, grids, bits);
    const codes = round(weights.data as Float32Array, gram, { grids, bits });
    const errorOf = (of: Int8Array) =>
      outputError(gram, weights.data as Float32Array, dequantizeWeights({ ...nearest, codes: of }));
    t.true(errorOf(codes) < 0.7 * errorOf(nearest.codes), `${errorOf(codes)} of ${errorOf(nearest.codes)}`);
    const size = codes.length / grids.lowest.length;
    for (const [i, code] of codes.entries()) {
      const least = grids.lowest[Math.floor(i / size)]!;
      t.true(code >= least && code <= least + weightSpan(bits));
    }
  });
}

test('on tiny layers it comes close to the best codes there are', (t) => {
  const bits = 2;
  const size = 4;
  const grids = { scales: Float32Array.of(0.8), lowest: Int8Array.of(-2) };
  const ratios = Array.from({ length: 40 }, (_, seed) => {
    const { gram, weights } = layer({ channels: 1, size, seed: 100 + seed });
    const of = (codes: ArrayLike<number>) =>
      outputError(
        gram,
        weights.data as Float32Array,
        Float32Array.from(codes, (code) => code * grids.scales[0]!),
      );
    let least = Number.POSITIVE_INFINITY;
    for (let word = 0; word < 4 ** size; word++) {
      least = Math.min(least, of(Array.from({ length: size }, (_, i) => ((word >> (2 * i)) & 3) - 2)));
    }
    return of(round(weights.data as Float32Array, gram, { grids, bits })) / least;
  });
  t.true(ratios.every((ratio) => ratio > 1 - 1e-9));
  t.true(ratios.filter((ratio) => ratio < 1.0001).length > 20, String(ratios));
});

test('it is rounding to nearest where inputs do not go together, and where they are all zero', (t) => {
  const { weights } = layer({ channels: 4, size: 12, seed: 7 });
  const grids = chooseWeightGrids(weights, 4)[2]!;
  const nearest = roundWeights(weights, grids, 4).codes;
  const diagonal = new Float64Array(144).map((_, i) => (i % 13 === 0 ? 1 + ((i * 7) % 5) : 0));
  for (const gram of [diagonal, new Float64Array(144)]) {
    t.deepEqual(round(weights.data as Float32Array, gram, { grids, bits: 4 }), nearest);
  }
});

test('weights of an input that is always zero are rounded to nearest', (t) => {
  const { inputs, weights } = layer({ channels: 8, size: 12, seed: 8 });
  const dead = 5;
  const rows = inputs.map((value, i) => (i % 12 === dead ? 0 : value));
  const grids = chooseWeightGrids(weights, 4)[2]!;
  const nearest = roundWeights(weights, grids, 4).codes;
  const codes = round(weights.data as Float32Array, product(rows, rows, 12), { grids, bits: 4 });
  t.notDeepEqual(codes, nearest);
  for (let i = dead; i < codes.length; i += 12) t.is(codes[i], nearest[i]);
});

test('the order in which inputs stand does not matter', (t) => {
  const { gram, weights } = layer({ channels: 4, size: 12, seed: 9 });
  const grids = chooseWeightGrids(weights, 3)[2]!;
  const mirrored = (i: number) => i - (i % 12) + 11 - (i % 12);
  const given = weights.data as Float32Array;
  const codes = round(given, gram, { grids, bits: 3 });
  const turned = round(
    given.map((_, i) => given[mirrored(i)]!),
    gram.toReversed(),
    { grids, bits: 3 },
  );
  t.deepEqual(
    turned.map((_, i) => turned[mirrored(i)]!),
    codes,
  );
});

test('sets of equal grids share their codes', (t) => {
  const { gram, weights } = layer({ channels: 4, size: 12, seed: 11 });
  const grids = [0.5, 0.4, 0.5].map((scale) => ({
    scales: new Float32Array(4).fill(scale),
    lowest: new Int8Array(4).fill(-8),
  }));
  const options = {
    weights: Float64Array.from(weights.data as Float32Array),
    factor: factorGram(gram),
    bits: 4,
  };
  const codes = gptqRound({ ...options, grids });
  t.is(codes[0], codes[2]);
  t.notDeepEqual(codes[0], codes[1]);
});

/** A layer whose quantized inputs are shrunken and noisy. */
function disturbed(seed: number) {
  const { inputs: float, weights } = layer({ channels: 8, size: 24, seed });
  const noise = gaussian(float.length, seed + 2);
  const quantized = float.map((value, i) => 0.7 * value + 0.1 * noise[i]!);
  return {
    float,
    quantized,
    weights,
    gram: product(quantized, quantized, 24),
    cross: product(quantized, float, 24),
  };
}

test('weights are rebuilt nearer to the outputs of the float network than rounding to nearest', (t) => {
  const { float, quantized, weights, gram, cross } = disturbed(20);
  const errorOf = (values: Float32Array) => {
    let sum = 0;
    for (let channel = 0; channel < 8; channel++) {
      for (let row = 0; row < float.length; row += 24) {
        let difference = 0;
        for (let i = 0; i < 24; i++) {
          difference += float[row + i]! * (weights.data as Float32Array)[channel * 24 + i]!;
          difference -= quantized[row + i]! * values[channel * 24 + i]!;
        }
        sum += difference ** 2;
      }
    }
    return sum;
  };
  const rebuilt = reconstructWeights({ weights, gram, cross, bits: 4 });
  t.deepEqual(rebuilt.dims, weights.dims);
  for (const [p, grids] of chooseWeightGrids(weights, 4).entries()) {
    const nearest = dequantizeWeights(roundWeights(weights, grids, 4));
    t.true(errorOf(dequantizeWeights(rebuilt)) < 0.5 * errorOf(nearest), `p = ${pValues[p]}`);
  }
});

test('the same inputs give the same codes', (t) => {
  const { weights, gram, cross } = disturbed(30);
  t.deepEqual(
    reconstructWeights({ weights, gram, cross, bits: 4 }),
    reconstructWeights({ weights, gram, cross, bits: 4 }),
  );
});
