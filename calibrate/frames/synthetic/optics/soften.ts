import type { ImageSize } from './camera.js';

/**
 * Blurs a picture in place by the filter [w, 1 - 2 w, w] along both axes; the outermost pixels stay.
 *
 * @param color `[height, width, 3]`
 * @param weight of each neighbour, 0..0.33
 */
export function soften(color: Float32Array, { width, height }: ImageSize, weight: number): void {
  const own = 1 - 2 * weight;
  const stride = 3 * width;
  for (let row = 0; row < height; row++) {
    const end = (row + 1) * stride - 3;
    let r = color[row * stride]!;
    let g = color[row * stride + 1]!;
    let b = color[row * stride + 2]!;
    for (let at = row * stride + 3; at < end; at += 3) {
      const hereR = color[at]!;
      const hereG = color[at + 1]!;
      const hereB = color[at + 2]!;
      color[at] = own * hereR + weight * (r + color[at + 3]!);
      color[at + 1] = own * hereG + weight * (g + color[at + 4]!);
      color[at + 2] = own * hereB + weight * (b + color[at + 5]!);
      r = hereR;
      g = hereG;
      b = hereB;
    }
  }
  const above = color.slice(0, stride);
  for (let row = 1; row < height - 1; row++) {
    for (let column = 0; column < stride; column++) {
      const at = row * stride + column;
      const here = color[at]!;
      color[at] = own * here + weight * (above[column]! + color[at + stride]!);
      above[column] = here;
    }
  }
}
