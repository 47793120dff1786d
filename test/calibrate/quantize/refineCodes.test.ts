import test from 'ava';
import { gptqRound } from '../../../calibrate/quantize/gptq.js';
import { factorGram } from '../../../calibrate/quantize/gramFactor.js';
import { refineCodes } from '../../../calibrate/quantize/refineCodes.js';
import {
  dequantizeWeights,
  type QuantizedWeights,
  roundWeights,
  type WeightGrids,
} from '../../../calibrate/quantize/weightGrid.js';
import { chooseWeightGrids } from '../../../calibrate/quantize/weightGridChoice.js';
import { weightSpan } from '../../../runtime/quantParams.js';
import { layer, outputError } from '../../helpers/roundedLayer.js';

const errorsByRow = (gram: Float64Array, target: Float64Array, weights: QuantizedWeights): number[] => {
  const size = target.length / weights.scales.length;
  const values = dequantizeWeights(weights);
  return Array.from(weights.scales, (_, row) =>
    outputError(
      gram,
      target.subarray(row * size, (row + 1) * size),
      values.subarray(row * size, (row + 1) * size),
    ),
  );
};

function isInRange(
  { lowest }: WeightGrids,
  { code, row, bits }: { code: number; row: number; bits: number },
): boolean {
  return code >= lowest[row]! && code <= lowest[row]! + weightSpan(bits);
}

function rounded({ bits, seed }: { bits: number; seed: number }) {
  const { gram, weights } = layer({ channels: 16, size: 48, seed });
  const grids = chooseWeightGrids(weights, bits)[2]!;
  const target = Float64Array.from(weights.data as Float32Array);
  const [codes] = gptqRound({ weights: target, factor: factorGram(gram), grids: [grids], bits });
  const nearest = roundWeights(weights, grids, bits);
  return { gram, target, nearest, byGptq: { ...nearest, codes: codes! } };
}

for (const bits of [2, 3, 4, 6]) {
  test(`at ${bits} bits no row loses more than by GPTQ, and all together less by a twentieth`, (t) => {
    const { gram, target, byGptq } = rounded({ bits, seed: 10 * bits });
    const refined = refineCodes([byGptq], { target, gram, bits });
    const before = errorsByRow(gram, target, byGptq);
    const after = errorsByRow(gram, target, refined);
    for (const [row, error] of after.entries()) t.true(error <= before[row]! * (1 + 1e-6), `row ${row}`);
    const sum = (errors: number[]) => errors.reduce((a, b) => a + b);
    t.true(sum(after) < 0.95 * sum(before), `${sum(after)} of ${sum(before)}`);
    t.true(refined.codes.every((code, i) => isInRange(byGptq, { code, row: Math.floor(i / 48), bits })));
  });
}

test('no code is left that could be moved alone to any gain', (t) => {
  const bits = 3;
  const { gram, target, byGptq } = rounded({ bits, seed: 3 });
  const refined = refineCodes([byGptq], { target, gram, bits });
  const [least] = errorsByRow(gram, target, refined);
  for (let k = 0; k < 48; k++) {
    for (const step of [-1, 1]) {
      const codes = Int8Array.from(refined.codes);
      codes[k]! += step;
      if (!isInRange(byGptq, { code: codes[k]!, row: 0, bits })) continue;
      const [moved] = errorsByRow(gram, target, { ...refined, codes });
      t.true(moved! >= least! * (1 - 1e-6), `code ${k}, ${step}`);
    }
  }
});

test('what is given stays as it is, and so do weights that nothing reads', (t) => {
  const bits = 4;
  const { gram, target, nearest } = rounded({ bits, seed: 4 });
  const given = { ...nearest, codes: Int8Array.from(nearest.codes) };
  refineCodes([given], { target, gram, bits });
  t.deepEqual(given, nearest);
  const { lowest, ...codes } = nearest;
  t.deepEqual(refineCodes([nearest], { target, gram: new Float64Array(48 * 48), bits }), codes);
});

test('of several roundings each row is that of least error, refined as it is alone', (t) => {
  const bits = 4;
  const { gram, target, nearest, byGptq } = rounded({ bits, seed: 6 });
  const coarse = { ...byGptq, scales: byGptq.scales.map((scale) => 1.25 * scale) };
  const roundings = [nearest, coarse, byGptq];
  const alone = roundings.map((one) => errorsByRow(gram, target, refineCodes([one], { target, gram, bits })));
  const together = errorsByRow(gram, target, refineCodes(roundings, { target, gram, bits }));
  const chosen = together.map((error, row) => {
    const errors = alone.map((ofRow) => ofRow[row]!);
    t.true(Math.abs(error / Math.min(...errors) - 1) < 1e-4, `row ${row}`);
    return errors.indexOf(Math.min(...errors));
  });
  t.true(new Set(chosen).size > 1);
});
