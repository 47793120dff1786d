import type { Color } from '../maths/color.js';
import { hashUnit } from '../maths/noise.js';
import { tableNoise } from '../maths/tableNoise.js';
import type { Surface } from '../solids/solid.js';
import { setColor } from './surface.js';

export interface CardboardOptions {
  readonly color: Color;
  /** Of the tape along the lid and down two sides; null leaves only the flaps' slit. */
  readonly tape: Color | null;
  /** A printed label: where, and which face (of a box) it is on. */
  readonly label: { readonly face: number; readonly u: number; readonly v: number } | null;
  readonly seed: number;
}

const paper: Color = [0.82, 0.82, 0.8];
const ink: Color = [0.03, 0.03, 0.035];

/** A box of cardboard: fibres and stains, tape, a label with a bar code. */
export function cardboard({ color, tape, label, seed }: CardboardOptions): Surface {
  return {
    gloss: 0.02,
    paint(hit) {
      const axis = hit.face >> 1;
      const u = axis === 0 ? hit.y : hit.x;
      const v = axis === 2 ? hit.y : hit.z;
      if (label !== null && hit.face === label.face) {
        const across = (u - label.u) / 0.42;
        const down = (v - label.v) / 0.38;
        if (Math.abs(across) < 1 && Math.abs(down) < 1) {
          setColor(hit, isPrinted(across, down, seed) ? ink : paper);
          return;
        }
      }
      const grain = tableNoise(3 * u + hit.face, 3 * v, seed) + 0.5 * tableNoise(31 * u, 4 * v, seed + 1);
      const worn = 0.86 + 0.18 * grain - (Math.max(Math.abs(u), Math.abs(v)) > 0.965 ? 0.1 : 0);
      const onSeam = axis === 2 || axis === 0 ? Math.abs(hit.y) : 2;
      if (tape !== null && onSeam < 0.13 && (axis === 2 || hit.z > 0.55)) setColor(hit, tape, worn);
      else setColor(hit, color, axis === 2 && onSeam < 0.012 ? 0.35 * worn : worn);
    },
  };
}

/** The bars of the code below, lines of an address above. */
function isPrinted(across: number, down: number, seed: number): boolean {
  if (Math.abs(across) > 0.85 || Math.abs(down) > 0.85) return false;
  if (down < -0.1) return hashUnit(Math.floor(across * 16), 3, seed) < 0.5;
  const line = Math.floor((down + 0.1) * 7);
  const inLine = (down + 0.1) * 7 - line;
  return inLine > 0.35 && inLine < 0.8 && across < 2 * hashUnit(line, 5, seed) - 0.7;
}
