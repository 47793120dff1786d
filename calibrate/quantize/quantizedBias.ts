import { float32Tensor, type Tensor } from '../../runtime/graph/tensor.js';
import { type QuantParams, roundHalfToEven } from '../../runtime/quantParams.js';
import type { QuantizedWeights } from './weightGrid.js';

/** A convolution's bias as integer arithmetic adds it: `scales[c] * codes[c]` in channel c. */
export interface QuantizedBias {
  readonly codes: Int32Array;
  /** Scale of what the convolution reads times that of its weights. */
  readonly scales: Float32Array;
}

/** Of a bias's codes: 2^16 products of 8 bits have room beside it in int32. */
const mostSteps = 2 ** 30;

/**
 * Returns the weights with such scales that a bias has codes in int32. A channel in whose steps it has none has weights so
 * small beside its bias that what larger steps lose of them is less than 2^-22 of it: a dead channel, or one that reads a tensor
 * of zeros.
 *
 * @param bias float32 `[channels]`
 * @param read grid of what the convolution reads
 */
export function roomForBias(weights: QuantizedWeights, bias: Tensor, read: QuantParams): QuantizedWeights {
  const values = bias.data as Float32Array;
  const least = values.map((value) => Math.abs(value) / read.scale / mostSteps);
  if (weights.scales.every((scale, channel) => Math.abs(scale) >= least[channel]!)) return weights;
  const scales = weights.scales.map((scale, channel) =>
    Math.abs(scale) >= least[channel]! ? scale : Math.sign(scale) * 2 * least[channel]!,
  );
  const size = weights.codes.length / scales.length;
  const codes = weights.codes.map((code, index) => {
    const channel = Math.floor(index / size);
    return roundHalfToEven((code * weights.scales[channel]!) / scales[channel]!);
  });
  return { ...weights, codes, scales };
}

/**
 * Returns a bias in int32 codes.
 *
 * @param bias float32 `[channels]`
 * @param read grid of what the convolution reads
 * @param weights that leave it room
 */
export function quantizeBias(bias: Tensor, read: QuantParams, weights: QuantizedWeights): QuantizedBias {
  const scales = weights.scales.map((scale) => read.scale * scale);
  const codes = Int32Array.from(bias.data as Float32Array, (value, channel) =>
    roundHalfToEven(value / scales[channel]!),
  );
  return { codes, scales };
}

/** Returns the float32 bias, `[channels]`, that the codes stand for. */
export function dequantizeBias({ codes, scales }: QuantizedBias): Tensor {
  return float32Tensor(
    [codes.length],
    scales.map((scale, channel) => scale * codes[channel]!),
  );
}
