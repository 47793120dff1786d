import { dimmed } from '../maths/color.js';
import type { Draw } from '../maths/draw.js';
import { worldAxes } from '../maths/vector.js';
import type { Solid } from '../solids/solid.js';
import { plain } from '../surfaces/plain.js';
import { slats } from '../surfaces/slats.js';
import type { Model } from './model.js';
import { drawColor } from './palette.js';

/** An open box of slats, of plastic or wood, in which other things may lie. */
export function crate(draw: Draw): Model {
  const halfX = draw.between(0.13, 0.27);
  const halfY = draw.between(0.1, 0.2);
  const heightM = draw.between(0.08, 0.24);
  const thickM = draw.between(0.008, 0.014);
  const color = drawColor(draw, 0.3);
  const surface = slats({
    color,
    rows: draw.oneOf([2, 3, 4]),
    ribs: draw.oneOf([0, 3, 5]),
    seed: draw.below(1 << 20),
  });
  const wall = (x: number, y: number, half: readonly [number, number, number]): Solid => ({
    shape: 'box',
    center: [x, y, heightM / 2],
    axes: worldAxes,
    half,
    surface,
  });
  const solids: Solid[] = [
    {
      shape: 'box',
      center: [0, 0, thickM],
      axes: worldAxes,
      half: [halfX, halfY, thickM],
      surface: plain(dimmed(color, 0.55)),
    },
    wall(0, halfY - thickM, [halfX, thickM, heightM / 2]),
    wall(0, thickM - halfY, [halfX, thickM, heightM / 2]),
    wall(halfX - thickM, 0, [thickM, halfY, heightM / 2]),
    wall(thickM - halfX, 0, [thickM, halfY, heightM / 2]),
  ];
  const inside = { halfX: halfX - 3 * thickM, halfY: halfY - 3 * thickM, floorM: 2 * thickM };
  return { solids, halfX, halfY, heightM, inside };
}
