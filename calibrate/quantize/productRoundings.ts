import { roundHalfToEven } from '../../runtime/quantParams.js';
import type { PairGrids, PairRounding } from './pairRounding.js';

const { fround } = Math;

/** What a product of steps is multiplied by to be steps of the result, in float32. */
const ratioOf = ({ a, b, result }: PairGrids) => fround(fround(a.scale * b.scale) / result.scale);

/** How engines round the product of two quantized tensors, as their kernels do. The product of steps itself is always exact. */
export const productRoundings = {
  /** ONNX's own operators one by one; TensorFlow.js, onnxruntime where it fuses nothing. */
  dequantized: ({ a, b, result }: PairGrids): PairRounding => {
    return (left, right) => {
      const value = fround(fround(left * a.scale) * fround(right * b.scale));
      return roundHalfToEven(fround(value / result.scale));
    };
  },
  /** onnxruntime (MLAS) on any processor: half to even is about codes, not steps. */
  aroundCode: (grids: PairGrids): PairRounding => {
    const { zeroPoint } = grids.result;
    const ratio = ratioOf(grids);
    return (left, right) => roundHalfToEven(fround(fround(left * right * ratio) + zeroPoint)) - zeroPoint;
  },
  /** The same where a compiler fuses multiplication and addition. */
  fusedAroundCode: (grids: PairGrids): PairRounding => {
    const { zeroPoint } = grids.result;
    const ratio = ratioOf(grids);
    return (left, right) => roundHalfToEven(fround(left * right * ratio + zeroPoint)) - zeroPoint;
  },
  /** XNNPACK, and with it LiteRT. */
  aroundStep: (grids: PairGrids): PairRounding => {
    const ratio = ratioOf(grids);
    return (left, right) => roundHalfToEven(fround(left * right * ratio));
  },
} as const;
