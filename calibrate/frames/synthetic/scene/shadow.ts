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
  const { heightM, axes, halfX, halfY } = footprint;
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
  // Shadows are soft: one pixel of four is enough, for itself and its neighbours to the right and below.
  const { width } = camera;
  for (let row = bounds.top; row < bounds.bottom - 1; row += 2) {
    const end = row * width + bounds.right - 1;
    for (let at = row * width + bounds.left; at < end; at += 2) {
      if (ground.isBelt[at] === 0 && ground.isBelt[at + width + 1] === 0) continue;
      const x = ground.x[at]! - footprint.x;
      const y = ground.y[at]! - footprint.y;
      const a = x * ax + y * ay;
      const b = x * bx + y * by;
      if (Math.abs(a - middleA) > limitA || Math.abs(b - middleB) > limitB) continue;
      const here = distanceTo(footprint, a, b);
      let light = 0;
      if (here > 0) {
        const fromMiddle = distanceTo(footprint, a - middleA, b - middleB);
        const fromEnd = distanceTo(footprint, a - shiftA, b - shiftB);
        light = Math.min(
          smoothstep(0, 0.012, here),
          smoothstep(-near, near, fromMiddle),
          smoothstep(-far, far, fromEnd),
        );
      }
      const around = 0.45 + 0.55 * smoothstep(-0.01, hush, here);
      planes.lit[at]! *= light;
      planes.lit[at + 1]! *= light;
      planes.lit[at + width]! *= light;
      planes.lit[at + width + 1]! *= light;
      planes.open[at]! *= around;
      planes.open[at + 1]! *= around;
      planes.open[at + width]! *= around;
      planes.open[at + width + 1]! *= around;
    }
  }
}

/** Returns roughly how far a place, in the footprint's own axes, is outside of it; negative inside. */
function distanceTo({ halfX, halfY, round }: Footprint, a: number, b: number): number {
  if (round) {
    const p = a / halfX;
    const q = b / halfY;
    return (Math.sqrt(p * p + q * q) - 1) * Math.min(halfX, halfY);
  }
  const p = Math.abs(a) - halfX;
  const q = Math.abs(b) - halfY;
  return p <= 0 || q <= 0 ? Math.max(p, q) : Math.sqrt(p * p + q * q);
}
