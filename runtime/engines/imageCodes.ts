import { elementCount, type Tensor } from '../graph/tensor.js';

/**
 * How an image is given to a session as codes, uint8 `[1, H, W, C]`, instead of float32 `[1, 3, H, W]`. Of the float value
 * `x` of channel c the code is `clamp(round(factors[c] * x + terms[c]), 0, 255)`, ties to even; channels beyond those of
 * the factors are padding, whose codes nobody reads.
 */
export interface ImageCodes {
  readonly dims: readonly [1, number, number, number];
  readonly factors: readonly number[];
  readonly terms: readonly number[];
}

/** Returns the codes of values of one channel. */
export function channelCodes(
  values: Float32Array,
  { factors, terms }: ImageCodes,
  channel: number,
): Uint8Array {
  const [factor, term] = [factors[channel]!, terms[channel]!];
  // Such an array rounds half to even and clamps, as the codes want it.
  const clamped = new Uint8ClampedArray(values.length);
  for (let i = 0; i < values.length; i++) clamped[i] = factor * values[i]! + term;
  return new Uint8Array(clamped.buffer);
}

/** Returns the codes of a float32 image `[1, C, H, W]`; those of the padding are 0. */
export function imageCodes(image: Tensor, codes: ImageCodes): Tensor {
  const { dims, factors } = codes;
  const [, height, width, channels] = dims;
  const plane = height * width;
  const values = image.data as Float32Array;
  const data = new Uint8Array(elementCount(dims));
  for (const channel of factors.keys()) {
    const own = channelCodes(values.subarray(channel * plane, (channel + 1) * plane), codes, channel);
    for (let from = 0, to = channel; from < plane; from++, to += channels) data[to] = own[from]!;
  }
  return { dtype: 'uint8', dims, data };
}
