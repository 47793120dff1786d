import type { Color } from '../maths/color.js';
import { tableNoise } from '../maths/tableNoise.js';
import type { Surface } from '../solids/solid.js';
import { setColor } from './surface.js';

export interface ClothOptions {
  readonly color: Color;
  readonly second: Color;
  /** A printed patch on it. Default false. */
  readonly printed?: boolean;
  readonly gloss?: number;
  readonly seed: number;
}

/** Something soft: folds that tilt the surface, and a printed patch. */
export function cloth({ color, second, printed = false, gloss = 0.03, seed }: ClothOptions): Surface {
  return {
    gloss,
    paint(hit) {
      const along = 2.6 * hit.x + 1.3 * hit.z;
      const fold =
        0.65 * tableNoise(along, 2.6 * hit.y, seed) + 0.35 * tableNoise(2.1 * along, 5.5 * hit.y, seed + 1);
      hit.normalX += 1.6 * (fold - 0.5);
      hit.normalY += 1.6 * (tableNoise(2.6 * hit.y, along, seed + 7) - 0.5);
      const inPatch = printed && Math.abs(hit.x) < 0.5 && Math.abs(hit.y) < 0.6;
      setColor(hit, inPatch ? second : color, 0.7 + 0.45 * fold);
    },
  };
}
