import { channelCodes, type ImageCodes, type PixelOffsets, pixelOffsets } from '../engines/imageCodes.js';
import { elementCount, float32Tensor, type Tensor } from '../graph/tensor.js';
import type { InputTransform } from './geometry.js';
import type { RawImage } from './image.js';
import type { InputManifest } from './manifest.js';

/**
 * Returns the network's input: `[1, 3, H, W]` float32, (byte - mean) / std per channel, `mean` and `std` being in
 * the network's channel order; or those values as codes where the session takes an image so.
 *
 * The picture is sampled at the size that `transform` gives, between the centres of the four nearest pixels, without
 * antialiasing and rounded to bytes, as OpenCV's INTER_LINEAR does it (and so the training of most detectors:
 * antialiasing costs NanoDet-Plus 1.2 AP on COCO). Around it every byte is `padValue`. So the input takes 256 values in
 * each channel, and a quantizer with those for its steps changes none of them.
 *
 * @param options.codes see `TensorInfo.codes`
 * @param options.memory for the tensor, all of which is overwritten but for the padding of codes; of another type or size it
 *   is not used. Default: fresh memory, which takes four times as long.
 */
export function inputTensor(picture: RawImage, transform: InputTransform, options: InputOptions): Tensor {
  const { input, codes } = options;
  const [, , height, width] = input.shape;
  const { tensor, data, offsets, distance } = codes ? codesTarget(codes, options) : floatTarget(options);
  const planes = [0, 1, 2].map((channel) => data.subarray(channel * distance)) as Planes;
  const values = [0, 1, 2].map((channel) => valuesOfBytes(options, channel)) as Planes;
  if (transform.width < width || transform.height < height)
    fillAround(transform, { values, planes, offsets });
  resample(picture, { transform, input, values, planes, offsets });
  return tensor;
}

export interface InputOptions {
  readonly input: InputManifest;
  readonly codes?: ImageCodes | undefined;
  readonly memory?: InputMemory | undefined;
}

export type InputMemory = Float32Array | Uint8Array;

/** A tensor to be written, and where in its data the pixels of a channel lie. */
interface TensorTarget {
  readonly tensor: Tensor;
  readonly data: InputMemory;
  readonly offsets: PixelOffsets;
  /** From one channel to the next. */
  readonly distance: number;
}

function floatTarget({ input: { shape }, memory }: InputOptions): TensorTarget {
  const [, channels, height, width] = shape;
  const size = channels * height * width;
  const fits = memory instanceof Float32Array && memory.length === size;
  const data = fits ? memory : new Float32Array(size);
  const offsets = {
    rows: Int32Array.from({ length: height }, (_, y) => y * width),
    columns: Int32Array.from({ length: width }, (_, x) => x),
  };
  return { tensor: float32Tensor(shape, data), data, offsets, distance: height * width };
}

function codesTarget(codes: ImageCodes, { memory }: InputOptions): TensorTarget {
  const { dims } = codes;
  const size = elementCount(dims);
  const fits = memory instanceof Uint8Array && memory.length === size;
  const data = fits ? memory : new Uint8Array(size);
  return { tensor: { dtype: 'uint8', dims, data }, data, offsets: pixelOffsets(codes), distance: 1 };
}

type Planes = [InputMemory, InputMemory, InputMemory];

interface Target {
  readonly transform: InputTransform;
  readonly input: InputManifest;
  /** What stands for each byte of a channel, and last for the padding. */
  readonly values: Planes;
  readonly planes: Planes;
  /** In each plane. */
  readonly offsets: PixelOffsets;
}

/** Gives what the picture leaves free its value. */
function fillAround(
  { left, top, width, height }: InputTransform,
  { values, planes, offsets: { rows, columns } }: Pick<Target, 'values' | 'planes' | 'offsets'>,
): void {
  for (const [c, plane] of planes.entries()) {
    const value = values[c]!.at(-1)!;
    for (let y = 0; y < rows.length; y++) {
      const row = rows[y]!;
      const isBeside = y >= top && y < top + height;
      const end = isBeside ? left : columns.length;
      for (let x = 0; x < end; x++) plane[row + columns[x]!] = value;
      if (!isBeside) continue;
      for (let x = left + width; x < columns.length; x++) plane[row + columns[x]!] = value;
    }
  }
}

function resample(picture: RawImage, { transform, input, values, planes, offsets }: Target): void {
  const [plane0, plane1, plane2] = planes;
  const [values0, values1, values2] = values;
  const [first, third] = input.color === 'RGB' ? [0, 2] : [2, 0];
  const rowLength = 3 * picture.width;
  const rows = samples(picture.height, transform.height, rowLength);
  const columns = samples(picture.width, transform.width, 3);
  for (let y = 0; y < transform.height; y++) {
    const upper = picture.data.subarray(rows.before[y]!, rows.before[y]! + rowLength);
    const lower = picture.data.subarray(rows.after[y]!, rows.after[y]! + rowLength);
    const down = rows.weight[y]!;
    const up = 1 - down;
    const row = offsets.rows[transform.top + y]!;
    // Unrolled over the channels: the hottest loop outside the engine.
    for (let x = 0; x < transform.width; x++) {
      const at = row + offsets.columns[transform.left + x]!;
      const l = columns.before[x]!;
      const r = columns.after[x]!;
      const right = columns.weight[x]!;
      const left = 1 - right;
      const upperLeft = up * left;
      const upperRight = up * right;
      const lowerLeft = down * left;
      const lowerRight = down * right;
      plane0[at] =
        values0[
          (upper[l + first]! * upperLeft +
            upper[r + first]! * upperRight +
            lower[l + first]! * lowerLeft +
            lower[r + first]! * lowerRight +
            0.5) |
            0
        ]!;
      plane1[at] =
        values1[
          (upper[l + 1]! * upperLeft +
            upper[r + 1]! * upperRight +
            lower[l + 1]! * lowerLeft +
            lower[r + 1]! * lowerRight +
            0.5) |
            0
        ]!;
      plane2[at] =
        values2[
          (upper[l + third]! * upperLeft +
            upper[r + third]! * upperRight +
            lower[l + third]! * lowerLeft +
            lower[r + third]! * lowerRight +
            0.5) |
            0
        ]!;
    }
  }
}

/** Returns what stands for each byte of a channel in the network's input, and last for `padValue`. */
export function valuesOfBytes({ input, codes }: InputOptions, channel: number): InputMemory {
  const [mean, std] = [input.mean[channel]!, input.std[channel]!];
  const bytes = Float32Array.from({ length: 257 }, (_, byte) => (byte < 256 ? byte : input.padValue));
  const values = bytes.map((byte) => (byte - mean) / std);
  return codes ? channelCodes(values, codes, channel) : values;
}

/** For each of `to` samples along an axis of `from` pixels: the offsets of the two pixels it lies between. */
function samples(from: number, to: number, step: number) {
  const before = new Int32Array(to);
  const after = new Int32Array(to);
  /** Of the pixel after, 0..1. */
  const weight = new Float32Array(to);
  for (let i = 0; i < to; i++) {
    const position = Math.min(from - 1, Math.max(0, ((i + 0.5) * from) / to - 0.5));
    const pixel = Math.floor(position);
    before[i] = pixel * step;
    after[i] = Math.min(from - 1, pixel + 1) * step;
    weight[i] = position - pixel;
  }
  return { before, after, weight };
}
