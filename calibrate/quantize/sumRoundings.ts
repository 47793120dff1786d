import { roundHalfToEven } from '../../runtime/quantParams.js';
import type { PairGrids, PairRounding } from './pairRounding.js';

const { fround } = Math;

/** ONNX's own operators one by one; TensorFlow.js, onnxruntime where it fuses nothing. */
function dequantized({ a, b, result }: PairGrids): PairRounding {
  return (left, right) =>
    roundHalfToEven(fround(fround(fround(left * a.scale) + fround(right * b.scale)) / result.scale));
}

/** onnxruntime (MLAS) on x86-64 with AVX2; a double holds what is fused before it is rounded to float32. */
function fusedMultiplyAdd({ a, b, result }: PairGrids): PairRounding {
  const [ofA, ofB] = [fround(a.scale / result.scale), fround(b.scale / result.scale)];
  const fixed = fround(result.zeroPoint - fround(ofA * a.zeroPoint + fround(ofB * b.zeroPoint)));
  return (left, right) => {
    const withB = fround((right + b.zeroPoint) * ofB + fixed);
    return roundHalfToEven(fround((left + a.zeroPoint) * ofA + withB)) - result.zeroPoint;
  };
}

/** onnxruntime (MLAS) on x86-64 with SSE2 alone. */
function separateMultiplyAdd({ a, b, result }: PairGrids): PairRounding {
  const [ofA, ofB] = [fround(a.scale / result.scale), fround(b.scale / result.scale)];
  const fixed = fround(result.zeroPoint - fround(fround(ofA * a.zeroPoint) + fround(ofB * b.zeroPoint)));
  return (left, right) => {
    const withA = fround(fixed + fround((left + a.zeroPoint) * ofA));
    return roundHalfToEven(fround(withA + fround((right + b.zeroPoint) * ofB))) - result.zeroPoint;
  };
}

/** onnxruntime (MLAS) on ARM: the greater factor in 22 bits, half away from zero. */
function fixedPoint22(grids: PairGrids): PairRounding {
  const { ofA, ofB, unit } = fixedPointFactors(grids, 22);
  return (left, right) => {
    const sum = left * ofA + right * ofB;
    return Math.sign(sum) * Math.floor(Math.abs(sum) / unit + 0.5);
  };
}

/** XNNPACK, and with it LiteRT, on any processor: the greater factor in 21 bits, half up. */
function fixedPoint21(grids: PairGrids): PairRounding {
  const { ofA, ofB, unit } = fixedPointFactors(grids, 21);
  return (left, right) => Math.floor((left * ofA + right * ofB) / unit + 0.5);
}

/** Whole factors in units of a power of two, so chosen that the greater one has `bits` bits. */
function fixedPointFactors({ a, b, result }: PairGrids, bits: number) {
  const [ofA, ofB] = [fround(a.scale / result.scale), fround(b.scale / result.scale)];
  const unit = 2 ** (bits - 1 - Math.floor(Math.log2(Math.max(ofA, ofB))));
  return { ofA: roundHalfToEven(ofA * unit), ofB: roundHalfToEven(ofB * unit), unit };
}

/** How engines round the sum of two quantized tensors, as their kernels do. */
export const sumRoundings = {
  dequantized,
  fusedMultiplyAdd,
  separateMultiplyAdd,
  fixedPoint22,
  fixedPoint21,
} as const;
