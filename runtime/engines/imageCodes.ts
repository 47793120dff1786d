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

/**
 * Returns the codes of a float32 image `[1, C, H, W]`.
 *
 * @param memory for the codes; its padding is left as it is. Default: fresh memory.
 */
export function imageCodes(image: Tensor, codes: ImageCodes, memory?: Uint8Array): Tensor {
  const { dims, factors, terms } = codes;
  const data = memory ?? new Uint8Array(elementCount(dims));
  // Rounds as the codes want it, and clamps.
  const clamped = new Uint8ClampedArray(data.buffer, data.byteOffset, data.length);
  const values = image.data as Float32Array;
  const [, height, width, channels] = dims;
  const plane = height * width;
  for (const [c, factor] of factors.entries()) {
    const term = terms[c]!;
    for (let from = c * plane, to = c; to < data.length; from++, to += channels)
      clamped[to] = factor * values[from]! + term;
  }
  return { dtype: 'uint8', dims, data };
}
