import type { RawImage } from '../../runtime/detector/image.js';

/** Returns colour gradients, 640x480: no constant channel, no noise, the same on every machine. */
export function drawnPicture(): RawImage {
  const [width, height] = [640, 480];
  const data = new Uint8Array(3 * width * height);
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      data[at++] = (255 * x) / width;
      data[at++] = (255 * y) / height;
      data[at++] = (x ^ y) & 255;
    }
  }
  return { width, height, data };
}
