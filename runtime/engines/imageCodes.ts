import { elementCount, type Tensor } from '../graph/tensor.js';
import type { Grid, ImageStep, IntegerInput } from '../lowering/integerGraph.js';
import { roundHalfToEven } from '../quantParams.js';

/** How an image is given to a session as codes, uint8, instead of float32 `[1, C, H, W]`: see `IntegerInput`. */
export interface ImageCodes extends Grid, Omit<IntegerInput, 'name'> {
  /**
   * `[1, H / b, W / b, D]` of an image in blocks of b x b pixels: the D channels are those of the block's first row of pixels,
   * from left to right, those of the next row, and padding, whose codes nobody reads.
   */
  readonly dims: readonly [1, number, number, number];
}

/** Returns the shape of the float32 image, `[1, C, H, W]`. */
export function imageDims({ dims, blockSize, channels }: ImageCodes): readonly [1, number, number, number] {
  return [1, channels, dims[1] * blockSize, dims[2] * blockSize];
}

/** Where the codes of a pixel begin: `rows[y] + columns[x]`. The channels follow each other. */
export interface PixelOffsets {
  readonly rows: Int32Array;
  readonly columns: Int32Array;
}

export function pixelOffsets(codes: ImageCodes): PixelOffsets {
  const { blockSize, channels, dims } = codes;
  const [, , blocks, depth] = dims;
  const [, , height, width] = imageDims(codes);
  const along = (length: number, block: number, within: number): Int32Array =>
    Int32Array.from({ length }, (_, at) => Math.floor(at / blockSize) * block + (at % blockSize) * within);
  return {
    rows: along(height, blocks * depth, blockSize * channels),
    columns: along(width, depth, channels),
  };
}

/** Returns the codes of values of one channel. */
export function channelCodes(
  values: Float32Array,
  { steps, scale, zeroPoint }: Pick<ImageCodes, 'steps' | 'scale' | 'zeroPoint'>,
  channel: number,
): Uint8Array {
  let normal = values;
  for (const step of steps) normal = taken(normal, step, channel);
  const clamped = new Uint8ClampedArray(values.length);
  for (let i = 0; i < normal.length; i++)
    clamped[i] = roundHalfToEven(Math.fround(normal[i]! / scale)) + zeroPoint;
  return new Uint8Array(clamped.buffer);
}

function taken(values: Float32Array, { op, values: operands }: ImageStep, channel: number): Float32Array {
  const operand = operands[channel]!;
  switch (op) {
    case 'Add':
      return values.map((value) => value + operand);
    case 'Sub':
      return values.map((value) => value - operand);
    case 'Mul':
      return values.map((value) => value * operand);
    case 'Div':
      return values.map((value) => value / operand);
  }
}

/** Returns the codes of a float32 image `[1, C, H, W]`; those of the padding are 0. */
export function imageCodes(image: Tensor, codes: ImageCodes): Tensor {
  const [, channels, height, width] = imageDims(codes);
  const { rows, columns } = pixelOffsets(codes);
  const plane = height * width;
  const values = image.data as Float32Array;
  const data = new Uint8Array(elementCount(codes.dims));
  for (let channel = 0; channel < channels; channel++) {
    const own = channelCodes(values.subarray(channel * plane, (channel + 1) * plane), codes, channel);
    for (let y = 0, from = 0; y < height; y++) {
      const row = rows[y]! + channel;
      for (let x = 0; x < width; x++, from++) data[row + columns[x]!] = own[from]!;
    }
  }
  return { dtype: 'uint8', dims: codes.dims, data };
}
