import type { Box } from '../../../runtime/detector/detection.js';

export interface Rectangle {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

interface Size {
  readonly width: number;
  readonly height: number;
}

/**
 * Returns where the label of `box` goes: above it, else inside at its top, below it, or inside at its bottom; the
 * first of these that lies in the picture and on no label of `taken`. Where none does, the first in the picture.
 */
export function placeLabel(box: Box, label: Size, picture: Size, taken: readonly Rectangle[]): Rectangle {
  const [x1, y1, , y2] = box;
  const x = Math.max(0, Math.min(x1, picture.width - label.width));
  const places = [y1 - label.height, y1, y2, y2 - label.height]
    .filter((y) => y >= 0 && y + label.height <= picture.height)
    .map((y) => ({ x, y, ...label }));
  const free = places.find((place) => !taken.some((other) => overlaps(place, other)));
  return free ?? places[0] ?? { x, y: 0, ...label };
}

function overlaps(a: Rectangle, b: Rectangle): boolean {
  return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
}
