import { inputTransform } from '../../runtime/detector/geometry.js';
import { decodeImage } from '../../runtime/detector/image.js';
import type { InputManifest } from '../../runtime/detector/manifest.js';
import { inputTensor } from '../../runtime/detector/preprocess.js';

/**
 * Returns what a network of that input sees of a frame, before mean and deviation: `[3, height, width]` bytes, RGB,
 * decoded and stretched by the very code of the runtime, rounded.
 */
export async function networkBytes(
  jpeg: Uint8Array,
  { width, height }: { readonly width: number; readonly height: number },
): Promise<Uint8Array> {
  const input: InputManifest = {
    ...{ name: 'input', shape: [1, 3, height, width], layout: 'NCHW', color: 'RGB' },
    ...{ mean: [0, 0, 0], std: [1, 1, 1], resize: 'stretch', padValue: 0, interpolation: 'bilinear' },
  };
  const picture = await decodeImage(jpeg, { target: () => ({ width, height }) });
  const { data } = inputTensor(picture, inputTransform(input, picture.original), { input });
  return Uint8Array.from(data as Float32Array, (value) => Math.floor(value + 0.5));
}
