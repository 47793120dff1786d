import type { Color } from '../maths/color.js';
import { distanceToWhole } from '../maths/stableMath.js';
import { tableNoise } from '../maths/tableNoise.js';
import type { Surface } from '../solids/solid.js';
import { setColor } from './surface.js';

export interface SlatsOptions {
  readonly color: Color;
  readonly rows: number;
  /** Upright ribs, 0 for planks without any. */
  readonly ribs: number;
  readonly seed: number;
}

/** The wall of a crate: horizontal slats with dark gaps between them, and ribs across. */
export function slats({ color, rows, ribs, seed }: SlatsOptions): Surface {
  return {
    gloss: 0.06,
    paint(hit) {
      const axis = hit.face >> 1;
      const grain = tableNoise(3 * (hit.x + hit.y), 14 * hit.z, seed);
      const worn = 0.82 + 0.26 * grain;
      if (axis === 2) {
        setColor(hit, color, worn);
        return;
      }
      const u = axis === 0 ? hit.y : hit.x;
      const row = (hit.z + 1) * 0.5 * rows;
      const inGap = distanceToWhole(row) < 0.14 && row > 0.5 && row < rows - 0.5;
      const onRib = ribs > 0 ? distanceToWhole((u + 1) * 0.5 * ribs) < 0.09 : Math.abs(u) > 0.9;
      setColor(hit, color, onRib ? 0.86 * worn : inGap ? 0.16 : worn);
    },
  };
}
