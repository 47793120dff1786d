import type { Color } from '../maths/color.js';
import { tableNoise } from '../maths/tableNoise.js';
import type { Surface } from '../solids/solid.js';
import { setColor } from './surface.js';

/** One colour, with a little wear. */
export function plain(color: Color, gloss = 0): Surface {
  return {
    gloss,
    paint: (hit) => setColor(hit, color, 0.94 + 0.12 * tableNoise(5 * hit.x + 7 * hit.z, 5 * hit.y, 11)),
  };
}
