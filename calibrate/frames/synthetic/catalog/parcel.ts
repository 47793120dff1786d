import { hex } from '../maths/color.js';
import type { Draw } from '../maths/draw.js';
import { worldAxes } from '../maths/vector.js';
import { cardboard } from '../surfaces/cardboard.js';
import type { Model } from './model.js';
import { drawColor, white } from './palette.js';

const tapes = [hex(0x8a5f37), hex(0xc9a876), hex(0xdadad2), hex(0xb3262a)];

/** A closed box, from a small carton to a big one, mostly of cardboard. */
export function parcel(draw: Draw): Model {
  const half = [draw.between(0.07, 0.24), draw.between(0.06, 0.19), draw.between(0.025, 0.15)] as const;
  const surface = cardboard({
    color: drawColor(draw, 0.75),
    tape: draw.chance(0.75) ? draw.oneOf([...tapes, white]) : null,
    label: draw.chance(0.7)
      ? { face: draw.oneOf([5, 5, 2, 0, 1]), u: draw.between(-0.4, 0.4), v: draw.between(-0.4, 0.4) }
      : null,
    seed: draw.below(1 << 20),
  });
  return {
    solids: [{ shape: 'box', center: [0, 0, half[2]], axes: worldAxes, half, surface }],
    ...{ halfX: half[0], halfY: half[1], heightM: 2 * half[2], flatTop: true },
  };
}
