import type { Tensor } from '../../runtime/graph/tensor.js';
import type { QuantParams } from '../../runtime/quantParams.js';
import type { ConvGeometry } from './convGeometry.js';

/** Codes (uint8) with the grid that they lie on. */
export interface CodedTensor {
  readonly codes: Tensor;
  readonly grid: Pick<QuantParams, 'scale' | 'zeroPoint'>;
}

/** What a convolution reads, `[1, C, H, W]`: float32 values, or codes that stand for values. */
export type ConvInput = Tensor | CodedTensor;

/**
 * Writes what the convolution sees at each of `positions` into a row of `rows`, float32 `[positions, C * kh * kw]`: in
 * the order of its weights' inner dimensions, and 0 where it sees padding, as engines pad codes with the zero point. A
 * row times the weights is the output.
 *
 * @param positions of the output, row-major; ascending ones are read fastest
 */
export function convRows(
  input: ConvInput,
  geometry: ConvGeometry,
  { positions, rows }: { positions: Int32Array; rows: Float32Array },
): void {
  const valueAt = reader(input);
  const { channels, inputSize, kernel } = geometry;
  const plane = inputSize[0] * inputSize[1];
  const seen = new Int32Array(kernel[0] * kernel[1]);
  let next = 0;
  for (const position of positions) {
    findPixelsSeen(geometry, position, seen);
    for (let channel = 0; channel < channels; channel++) {
      for (let tap = 0; tap < seen.length; tap++) {
        const pixel = seen[tap]!;
        rows[next++] = pixel < 0 ? 0 : valueAt(channel * plane + pixel);
      }
    }
  }
}

/** Writes the pixel that each tap of the kernel sees from one position into `seen`; -1 for padding. */
function findPixelsSeen(
  { inputSize, outputSize, kernel, strides, dilations, padsBegin }: ConvGeometry,
  position: number,
  seen: Int32Array,
): void {
  const [height, width] = inputSize;
  const top = Math.floor(position / outputSize[1]) * strides[0] - padsBegin[0];
  const left = (position % outputSize[1]) * strides[1] - padsBegin[1];
  for (let tap = 0; tap < seen.length; tap++) {
    const y = top + Math.floor(tap / kernel[1]) * dilations[0];
    const x = left + (tap % kernel[1]) * dilations[1];
    seen[tap] = y >= 0 && y < height && x >= 0 && x < width ? y * width + x : -1;
  }
}

function reader(input: ConvInput): (index: number) => number {
  if ('dims' in input) {
    const values = input.data as Float32Array;
    return (index) => values[index]!;
  }
  const { codes, grid } = input;
  const values = Float32Array.from({ length: 256 }, (_, code) => grid.scale * (code - grid.zeroPoint));
  const data = codes.data as Uint8Array;
  return (index) => values[data[index]!]!;
}
