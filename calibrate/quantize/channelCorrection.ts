import { float32Tensor, type Tensor } from '../../runtime/graph/tensor.js';
import type { QuantizedWeights } from './weightGrid.js';

/**
 * What is done to the outputs of a layer's convolutions, channel by channel: y becomes `gain * y + offset`. It costs nothing:
 * the gain goes into the scales of the weights, both go into the bias.
 */
export interface ChannelCorrection {
  /** > 0, one per output channel. */
  readonly gain: Float32Array;
  /** One per output channel. */
  readonly offset: Float32Array;
}

/** Returns the weights of a corrected layer: the same codes, other scales. */
export function correctWeights(
  weights: QuantizedWeights,
  correction: ChannelCorrection | undefined,
): QuantizedWeights {
  if (!correction) return weights;
  return { ...weights, scales: weights.scales.map((scale, channel) => scale * correction.gain[channel]!) };
}

/** Returns the bias of a corrected layer; `undefined` where there is none and needs to be none. */
export function correctBias(
  bias: Tensor | undefined,
  correction: ChannelCorrection | undefined,
): Tensor | undefined {
  if (!correction) return bias;
  const { gain, offset } = correction;
  const values = bias?.data as Float32Array | undefined;
  return float32Tensor(
    [offset.length],
    offset.map((shift, channel) => shift + gain[channel]! * (values?.[channel] ?? 0)),
  );
}
