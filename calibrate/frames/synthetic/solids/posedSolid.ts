import { add, dot, scaled, type Vector } from '../maths/vector.js';
import { type Bounds, boundsOf } from '../optics/bounds.js';
import type { Camera } from '../optics/camera.js';
import { hitBox } from './box.js';
import { hitChisel } from './chisel.js';
import { hitEllipsoid } from './ellipsoid.js';
import { type FrustumForm, frustumForm, hitFrustum } from './frustum.js';
import type { Hit } from './hit.js';
import { Ray } from './ray.js';
import type { Solid, Surface } from './solid.js';

/** A solid before a camera, ready to be met by the rays of its pixels. */
export class PosedSolid {
  readonly surface: Surface;
  /** The pixels that it may touch, beyond the picture's edge too; undefined when it reaches behind the camera. */
  readonly bounds: Bounds | undefined;
  /** The rows that take the unit shape's normals to the world's, up to their length. */
  readonly normals: readonly [Vector, Vector, Vector];
  readonly #shape: Solid['shape'];
  readonly #form: FrustumForm;
  readonly #ray = new Ray();
  readonly #forward: Vector;
  readonly #right: Vector;
  readonly #down: Vector;
  readonly #centerX: number;
  readonly #centerY: number;

  constructor(solid: Solid, camera: Camera) {
    const { axes, half, center } = solid;
    this.surface = solid.surface;
    this.#shape = solid.shape;
    this.#form = frustumForm(solid);
    const rows = axes.map((axis, i) => scaled(axis, 1 / half[i]!)) as [Vector, Vector, Vector];
    const toUnit = (v: Vector): Vector => [dot(rows[0], v), dot(rows[1], v), dot(rows[2], v)];
    const origin = toUnit(add(camera.position, scaled(center, -1)));
    [this.#ray.originX, this.#ray.originY, this.#ray.originZ] = origin;
    this.normals = rows;
    this.#forward = toUnit(scaled(camera.forward, camera.focalPx));
    this.#right = toUnit(camera.right);
    this.#down = toUnit(camera.down);
    this.#centerX = camera.width / 2;
    this.#centerY = camera.height / 2;
    this.bounds = boundsOf(camera, cornersOf(solid));
  }

  /** Returns whether the ray through a point of the picture, in pixels, meets the solid, and where in `hit`. */
  cast(x: number, y: number, hit: Hit): boolean {
    const ray = this.#ray;
    const across = x - this.#centerX;
    const along = y - this.#centerY;
    ray.x = this.#forward[0] + across * this.#right[0] + along * this.#down[0];
    ray.y = this.#forward[1] + across * this.#right[1] + along * this.#down[1];
    ray.z = this.#forward[2] + across * this.#right[2] + along * this.#down[2];
    if (this.#shape === 'box') return hitBox(ray, hit);
    if (this.#shape === 'chisel') return hitChisel(ray, hit);
    if (this.#shape === 'ellipsoid') return hitEllipsoid(ray, hit);
    return hitFrustum(ray, this.#form, hit);
  }
}

function cornersOf({ center, axes, half, shape, taper = 1 }: Solid): Vector[] {
  const corners: Vector[] = [];
  const wide = shape === 'frustum' ? Math.max(1, taper) : 1;
  for (const z of [-half[2], half[2]]) {
    for (const y of [-half[1] * wide, half[1] * wide]) {
      for (const x of [-half[0] * wide, half[0] * wide]) {
        corners.push(add(center, add(add(scaled(axes[0], x), scaled(axes[1], y)), scaled(axes[2], z))));
      }
    }
  }
  return corners;
}
