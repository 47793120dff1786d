import type { Color } from '../maths/color.js';
import { normalized, type Vector } from '../maths/vector.js';
import type { Hit } from './hit.js';
import type { PosedSolid } from './posedSolid.js';

export interface Light {
  /** Unit vector towards the main lamp. */
  readonly towards: Vector;
  /** The main lamp's light on a surface that faces it. */
  readonly key: Color;
  /** Light from everywhere. */
  readonly ambient: Color;
}

/** How light falls on one thing in the scene. */
export interface Lighting extends Light {
  /** Unit vector half-way between the lamp and the camera: a highlight is where the surface faces it. */
  readonly halfway: Vector;
}

/** Returns the lighting of things that the camera sees along `view`, a direction away from the camera. */
export function lightingOf(light: Light, view: Vector): Lighting {
  const [x, y, z] = normalized(view);
  const halfway = normalized([light.towards[0] - x, light.towards[1] - y, light.towards[2] - z]);
  return { ...light, halfway };
}

/**
 * Replaces the hit's reflectance by the light that comes from there: Lambert's law, more ambient light from above
 * than from below, and a highlight (the cosine to the 16th) by the surface's gloss.
 */
export function shade(solid: PosedSolid, lighting: Lighting, hit: Hit): void {
  solid.surface.paint(hit);
  const [rowX, rowY, rowZ] = solid.normals;
  const nx = rowX[0] * hit.normalX + rowY[0] * hit.normalY + rowZ[0] * hit.normalZ;
  const ny = rowX[1] * hit.normalX + rowY[1] * hit.normalY + rowZ[1] * hit.normalZ;
  const nz = rowX[2] * hit.normalX + rowY[2] * hit.normalY + rowZ[2] * hit.normalZ;
  const length = 1 / Math.sqrt(nx * nx + ny * ny + nz * nz);
  const { towards, halfway, key, ambient } = lighting;
  const facing = Math.max(0, (nx * towards[0] + ny * towards[1] + nz * towards[2]) * length);
  const mirror = Math.max(0, (nx * halfway[0] + ny * halfway[1] + nz * halfway[2]) * length);
  const second = mirror * mirror;
  const fourth = second * second;
  const eighth = fourth * fourth;
  const shine = solid.surface.gloss * eighth * eighth;
  const above = 0.62 + 0.38 * nz * length;
  const open = hit.openness;
  hit.r = open * (hit.r * (ambient[0] * above + key[0] * facing) + shine * key[0]);
  hit.g = open * (hit.g * (ambient[1] * above + key[1] * facing) + shine * key[1]);
  hit.b = open * (hit.b * (ambient[2] * above + key[2] * facing) + shine * key[2]);
}
