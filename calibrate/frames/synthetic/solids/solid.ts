import type { Axes, Vector } from '../maths/vector.js';
import type { Hit } from './hit.js';

/**
 * A unit shape, stretched, turned and moved to its place. Box: [-1, 1]^3. Ellipsoid: the unit sphere. Frustum: radius 1
 * at z = -1 and `taper` at z = 1. Chisel: see `hitChisel`.
 */
export interface Solid {
  readonly shape: 'box' | 'frustum' | 'ellipsoid' | 'chisel';
  /** Metres. */
  readonly center: Vector;
  readonly axes: Axes;
  /** Half of the extent along each axis, metres. */
  readonly half: Vector;
  readonly surface: Surface;
  /** Of a frustum: the radius at its top, relative to that at its bottom. Default 1. */
  readonly taper?: number;
  /** Of a frustum: the share of the radius that is hollow, from the top down. Default 0: massive. */
  readonly hollow?: number;
  /** Of a hollow frustum: it has no bottom either, as a ring. Default false. */
  readonly through?: boolean;
}

/** What a solid looks like. */
export interface Surface {
  /** Strength of the highlight: 0 is paper, 1 polished. */
  readonly gloss: number;
  /** Writes the reflectance at a place of the solid into the hit's `r`, `g` and `b`. */
  readonly paint: (hit: Hit) => void;
}
