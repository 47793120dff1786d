import { float32Tensor, type Tensor } from '../graph/tensor.js';
import type { InputTransform } from './geometry.js';
import type { RawImage } from './image.js';
import type { InputManifest } from './manifest.js';

/**
 * Returns the network's input for an image: `[1, 3, H, W]` float32, (byte - mean) / std per channel.
 *
 * The image is sampled at the size that `transform` gives, by bilinear interpolation between the centres of the
 * four nearest pixels (no antialiasing, as the detectors were trained with), rounded to whole bytes; everything
 * around it holds `padValue`.
 */
export function inputTensor(image: RawImage, transform: InputTransform, input: InputManifest): Tensor {
  const [, , height, width] = input.shape;
  const data = new Float32Array(3 * height * width);
  const tables = normalisers(input);
  if (transform.width < width || transform.height < height) {
    for (let c = 0; c < 3; c++)
      data.fill(tables[c]![Math.round(input.padValue)]!, c * height * width, (c + 1) * height * width);
  }
  const columns = taps(image.width, transform.width, 3);
  const rows = taps(image.height, transform.height, 3 * image.width);
  const { data: pixels } = image;
  for (let c = 0; c < 3; c++) {
    const channel = input.color === 'RGB' ? c : 2 - c;
    const table = tables[c]!;
    for (let y = 0; y < transform.height; y++) {
      const upper = rows.first[y]! + channel;
      const lower = rows.second[y]! + channel;
      const down = rows.weight[y]!;
      let at = (c * height + transform.top + y) * width + transform.left;
      for (let x = 0; x < transform.width; x++, at++) {
        const left = columns.first[x]!;
        const right = columns.second[x]!;
        const across = columns.weight[x]!;
        const a = pixels[upper + left]!;
        const b = pixels[lower + left]!;
        const top = a + across * (pixels[upper + right]! - a);
        const bottom = b + across * (pixels[lower + right]! - b);
        data[at] = table[(top + down * (bottom - top) + 0.5) | 0]!;
      }
    }
  }
  return float32Tensor(input.shape, data);
}

/** For each of `to` samples along an axis of `from` pixels: two pixels' offsets and the second one's weight. */
function taps(from: number, to: number, step: number) {
  const first = new Int32Array(to);
  const second = new Int32Array(to);
  const weight = new Float32Array(to);
  for (let i = 0; i < to; i++) {
    const position = Math.min(from - 1, Math.max(0, ((i + 0.5) * from) / to - 0.5));
    const pixel = Math.floor(position);
    first[i] = pixel * step;
    second[i] = Math.min(from - 1, pixel + 1) * step;
    weight[i] = position - pixel;
  }
  return { first, second, weight };
}

/** The normalised value of every byte, per channel of the network's input. */
function normalisers({ mean, std }: InputManifest): Float32Array[] {
  return mean.map((channelMean, c) =>
    Float32Array.from({ length: 256 }, (_, byte) => (byte - channelMean) / std[c]!),
  );
}
