import type { Color } from '../maths/color.js';
import type { Hit } from '../solids/hit.js';

/** Writes a reflectance, times `by`. */
export function setColor(hit: Hit, color: Color, by = 1): void {
  hit.r = color[0] * by;
  hit.g = color[1] * by;
  hit.b = color[2] * by;
}
