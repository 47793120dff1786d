import { smoothstep } from '../maths/stableMath.js';
import type { Axes, Vector } from '../maths/vector.js';
import { boundsOf, common } from '../optics/bounds.js';
import type { Camera } from '../optics/camera.js';

/** What a thing covers of the belt's plane. */
export interface Footprint {
  readonly x: number;
  readonly y: number;
  readonly axes: Axes;
  readonly halfX: number;
  readonly halfY: number;
  readonly heightM: number;
  /** An ellipse, not a rectangle. */
  readonly round: boolean;
}

/** The belt's plane as the picture shows it. */
export interface GroundMap {
  /** For each pixel, where its ray meets the plane z = 0. */
  readonly x: Float32Array;
  readonly y: Float32Array;
  /** For each pixel, whether it shows a belt. */
  readonly isBelt: Uint8Array;
}

export interface ShadowOptions {
  readonly camera: Camera;
  readonly ground: GroundMap;
  readonly lamp: Vector;
}

/**
 * Multiplies `lit` (1: the lamp reaches the pixel's place) by the soft shadow of a thing: its footprint, and twice the
 * same, moved away from the lamp and blurred the more the higher up it is. Multiplies `open` (1: nothing is near) by
 * what the thing keeps away of the light from around.
 */
export function castShadow(
  footprint: Footprint,
  planes: { readonly lit: Float32Array; readonly open: Float32Array },
  { camera, ground, lamp }: ShadowOptions,
): void {
  const { heightM, axes, halfX, halfY, round } = footprint;
  const [ax, ay] = axes[0];
  const [bx, by] = axes[1];
  // From here on in the footprint's own axes.
  const reach = (-0.8 * heightM) / lamp[2];
  const shiftA = reach * (lamp[0] * ax + lamp[1] * ay);
  const shiftB = reach * (lamp[0] * bx + lamp[1] * by);
  const near = 0.012 + 0.06 * heightM;
  const far = 0.02 + 0.2 * heightM;
  const hush = 0.05 + 0.2 * heightM;
  const middleA = shiftA / 2;
  const middleB = shiftB / 2;
  const limitA = halfX + Math.abs(middleA) + hush;
  const limitB = halfY + Math.abs(middleB) + hush;
  const corner = (signA: number, signB: number): Vector => {
    const a = middleA + signA * limitA;
    const b = middleB + signB * limitB;
    return [footprint.x + a * ax + b * bx, footprint.y + a * ay + b * by, 0];
  };
  const whole = { left: 0, top: 0, right: camera.width, bottom: camera.height };
  const hull = boundsOf(camera, [corner(-1, -1), corner(-1, 1), corner(1, -1), corner(1, 1)]);
  const bounds = hull === undefined ? whole : common(hull, whole);
  const distanceTo = round ? distanceToEllipse : distanceToRectangle;
  for (let row = bounds.top; row < bounds.bottom; row++) {
    for (let at = row * camera.width + bounds.left; at < row * camera.width + bounds.right; at++) {
      if (ground.isBelt[at] === 0) continue;
      const x = ground.x[at]! - footprint.x;
      const y = ground.y[at]! - footprint.y;
      const a = x * ax + y * ay;
      const b = x * bx + y * by;
      if (Math.abs(a - middleA) > limitA || Math.abs(b - middleB) > limitB) continue;
      const here = distanceTo(a, b, footprint);
      const light = Math.min(
        smoothstep(-0.006, 0.012, here),
        smoothstep(-near, near, distanceTo(a - middleA, b - middleB, footprint)),
        smoothstep(-far, far, distanceTo(a - shiftA, b - shiftB, footprint)),
      );
      planes.lit[at]! *= light;
      planes.open[at]! *= 0.45 + 0.55 * smoothstep(-0.01, hush, here);
    }
  }
}

/** Returns roughly how far a place is outside of the ellipse; negative inside. */
function distanceToEllipse(a: number, b: number, { halfX, halfY }: Footprint): number {
  const p = a / halfX;
  const q = b / halfY;
  return (Math.sqrt(p * p + q * q) - 1) * Math.min(halfX, halfY);
}

function distanceToRectangle(a: number, b: number, { halfX, halfY }: Footprint): number {
  const p = Math.abs(a) - halfX;
  const q = Math.abs(b) - halfY;
  if (p <= 0 || q <= 0) return Math.max(p, q);
  return Math.sqrt(p * p + q * q);
}
