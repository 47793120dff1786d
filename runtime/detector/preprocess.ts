import { elementCount, float32Tensor, type Tensor } from '../graph/tensor.js';
import type { InputTransform } from './geometry.js';
import type { RawImage } from './image.js';
import type { InputManifest } from './manifest.js';

/**
 * Returns the network's input: `[1, 3, H, W]` float32, (byte - mean) / std per channel, `mean` and `std` being in
 * the network's channel order.
 *
 * The picture is sampled at the size that `transform` gives, between the centres of the four nearest pixels, without
 * antialiasing and rounded to bytes, as OpenCV's INTER_LINEAR does it (and so the training of most detectors:
 * antialiasing costs NanoDet-Plus 1.2 AP on COCO). Around it every byte is `padValue`. So the input takes 256 values in
 * each channel, and a quantizer with those for its steps changes none of them.
 *
 * @param data memory for the tensor, all of which is overwritten; fresh memory takes a fourth of the time
 */
export function inputTensor(
  picture: RawImage,
  transform: InputTransform,
  input: InputManifest,
  data: Float32Array = new Float32Array(elementCount(input.shape)),
): Tensor {
  const [, , height, width] = input.shape;
  const plane = height * width;
  const planes = [0, 1, 2].map((channel) => data.subarray(channel * plane, (channel + 1) * plane)) as Planes;
  if (transform.width < width || transform.height < height) {
    for (const [c, values] of planes.entries()) values.fill(valueOfByte(input, c)(input.padValue));
  }
  resample(picture, { transform, input, planes });
  return float32Tensor(input.shape, data);
}

type Planes = [Float32Array, Float32Array, Float32Array];

interface Target {
  readonly transform: InputTransform;
  readonly input: InputManifest;
  readonly planes: Planes;
}

function resample(picture: RawImage, { transform, input, planes }: Target): void {
  const [plane0, plane1, plane2] = planes;
  const [values0, values1, values2] = planes.map((_, c) =>
    Float32Array.from({ length: 256 }, (_, byte) => valueOfByte(input, c)(byte)),
  ) as Planes;
  const [first, third] = input.color === 'RGB' ? [0, 2] : [2, 0];
  const rowLength = 3 * picture.width;
  const rows = samples(picture.height, transform.height, rowLength);
  const columns = samples(picture.width, transform.width, 3);
  for (let y = 0; y < transform.height; y++) {
    const upper = picture.data.subarray(rows.before[y]!, rows.before[y]! + rowLength);
    const lower = picture.data.subarray(rows.after[y]!, rows.after[y]! + rowLength);
    const down = rows.weight[y]!;
    const up = 1 - down;
    let at = (transform.top + y) * input.shape[3] + transform.left;
    // Unrolled over the channels: the hottest loop outside the engine.
    for (let x = 0; x < transform.width; x++, at++) {
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

/** Returns a function from a byte of a channel to what stands for it in the network's input. */
function valueOfByte({ mean, std }: InputManifest, channel: number): (byte: number) => number {
  return (byte) => (byte - mean[channel]!) / std[channel]!;
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
