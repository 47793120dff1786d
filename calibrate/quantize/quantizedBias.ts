import { float32Tensor, type Tensor } from '../../runtime/graph/tensor.js';
import { type QuantParams, roundHalfToEven } from '../../runtime/quantParams.js';
import type { QuantizedWeights } from './weightGrid.js';

/** A convolution's bias as integer arithmetic adds it: `scales[c] * codes[c]` in channel c. */
export interface QuantizedBias {
  readonly codes: Int32Array;
  /** Scale of what the convolution reads times that of its weights. */
  readonly scales: Float32Array;
}

/**
 * Returns a bias in int32 codes, or `undefined` where one does not fit: on the grid of a tensor that is zero
 * throughout, steps are so small that the bias is best left as it is.
 *
 * @param bias float32 `[channels]`
 * @param read grid of what the convolution reads
 */
export function quantizeBias(
  bias: Tensor,
  read: QuantParams,
  weights: QuantizedWeights,
): QuantizedBias | undefined {
  const scales = weights.scales.map((scale) => read.scale * scale);
  const codes = Float64Array.from(bias.data as Float32Array, (value, channel) =>
    roundHalfToEven(value / scales[channel]!),
  );
  return codes.every((code) => Math.abs(code) < 2 ** 31)
    ? { codes: Int32Array.from(codes), scales }
    : undefined;
}

/** Returns the float32 bias, `[channels]`, that the codes stand for. */
export function dequantizeBias({ codes, scales }: QuantizedBias): Tensor {
  return float32Tensor(
    [codes.length],
    scales.map((scale, channel) => scale * codes[channel]!),
  );
}
