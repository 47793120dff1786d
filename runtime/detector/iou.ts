import type { Box } from './detection.js';

/** Returns intersection over union of two boxes, 0..1. A box without area overlaps nothing: 0. */
export function iou(a: Box, b: Box): number {
  return overlap(a, 0, b, 0);
}

/**
 * Returns the IoU of box `i` and box `j` of one flat list.
 *
 * @param boxes `[numBoxes, 4]`, each `[x1, y1, x2, y2]`
 */
export function iouAt(boxes: Float32Array, i: number, j: number): number {
  return overlap(boxes, 4 * i, boxes, 4 * j);
}

function overlap(a: ArrayLike<number>, i: number, b: ArrayLike<number>, j: number): number {
  const width = Math.min(a[i + 2]!, b[j + 2]!) - Math.max(a[i]!, b[j]!);
  const height = Math.min(a[i + 3]!, b[j + 3]!) - Math.max(a[i + 1]!, b[j + 1]!);
  if (!(width > 0 && height > 0)) return 0;
  const intersection = width * height;
  return intersection / (area(a, i) + area(b, j) - intersection);
}

function area(box: ArrayLike<number>, i: number): number {
  return (box[i + 2]! - box[i]!) * (box[i + 3]! - box[i + 1]!);
}
