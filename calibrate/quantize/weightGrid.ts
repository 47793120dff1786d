import type { Tensor } from '../../runtime/graph/tensor.js';
import { clamp, roundHalfToEven, weightSpan } from '../../runtime/quantParams.js';

/** The grids of a weight tensor, one per output channel (axis 0), zero on code 0 of each. */
export interface WeightGrids {
  /** > 0 */
  readonly scales: Float32Array;
  /** The least code; the greatest is `weightSpan` further on. */
  readonly lowest: Int8Array;
}

/** Weights in codes: `w^ = scales[channel] * code`. */
export interface QuantizedWeights {
  readonly dims: readonly number[];
  readonly codes: Int8Array;
  /** One per output channel, > 0. */
  readonly scales: Float32Array;
}

/** Weights in codes that may be chosen anew on their grids. */
export type RoundedWeights = QuantizedWeights & WeightGrids;

/** Returns `weights` rounded to nearest. */
export function roundWeights(weights: Tensor, { scales, lowest }: WeightGrids, bits: number): RoundedWeights {
  const span = weightSpan(bits);
  const values = weights.data as Float32Array;
  const size = values.length / scales.length;
  const codes = new Int8Array(values.length);
  for (let i = 0; i < values.length; i++) {
    const channel = Math.floor(i / size);
    const least = lowest[channel]!;
    codes[i] = clamp(roundHalfToEven(values[i]! / scales[channel]!), least, least + span);
  }
  return { dims: weights.dims, codes, scales, lowest };
}

/** Returns the values that the codes stand for. */
export function dequantizeWeights({ codes, scales }: QuantizedWeights): Float32Array {
  const size = codes.length / scales.length;
  const values = new Float32Array(codes.length);
  for (let i = 0; i < values.length; i++) values[i] = codes[i]! * scales[Math.floor(i / size)]!;
  return values;
}
