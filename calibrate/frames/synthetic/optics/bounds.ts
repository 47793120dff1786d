import type { Vector } from '../maths/vector.js';
import { type Camera, project } from './camera.js';

/** Whole pixels: `left` and `top` belong to it, `right` and `bottom` do not. */
export interface Bounds {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/** Returns the pixels that the points' hull may touch; undefined when one of them is behind the camera. */
export function boundsOf(camera: Camera, points: readonly Vector[]): Bounds | undefined {
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const point of points) {
    const { x, y, t } = project(camera, point);
    if (t * camera.focalPx < nearestM) return undefined;
    left = Math.min(left, x);
    top = Math.min(top, y);
    right = Math.max(right, x);
    bottom = Math.max(bottom, y);
  }
  return {
    left: Math.floor(left - 1),
    top: Math.floor(top - 1),
    right: Math.ceil(right + 1),
    bottom: Math.ceil(bottom + 1),
  };
}

const nearestM = 0.05;

export function union(all: readonly Bounds[]): Bounds {
  return {
    left: Math.min(...all.map(({ left }) => left)),
    top: Math.min(...all.map(({ top }) => top)),
    right: Math.max(...all.map(({ right }) => right)),
    bottom: Math.max(...all.map(({ bottom }) => bottom)),
  };
}

/** Returns what both have in common; empty bounds have a right edge that is not beyond the left one. */
export function common(a: Bounds, b: Bounds): Bounds {
  return {
    left: Math.max(a.left, b.left),
    top: Math.max(a.top, b.top),
    right: Math.min(a.right, b.right),
    bottom: Math.min(a.bottom, b.bottom),
  };
}

export function isEmpty({ left, top, right, bottom }: Bounds): boolean {
  return right <= left || bottom <= top;
}
