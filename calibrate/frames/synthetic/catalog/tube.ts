import type { Draw } from '../maths/draw.js';
import { worldAxes } from '../maths/vector.js';
import type { Solid } from '../solids/solid.js';
import { banded, prints } from '../surfaces/banded.js';
import { plain } from '../surfaces/plain.js';
import { lying, type Model } from './model.js';
import { drawColor } from './palette.js';

/** A squeeze tube: round at its cap, flat and crimped at its end; lying, seldom standing on the cap. */
export function tube(draw: Draw): Model {
  const radiusM = draw.between(0.028, 0.05);
  const capM = radiusM * draw.between(0.7, 1.3);
  const bodyM = radiusM * draw.between(4, 6.5);
  const crimpM = radiusM * 0.45;
  const color = drawColor(draw);
  const print = {
    ...{ base: color, band: drawColor(draw), ink: drawColor(draw), print: draw.oneOf(prints) },
    ...{ turns: draw.between(0, 1), gloss: 0.3, seed: draw.below(1 << 20) },
  };
  const capShare = draw.between(0.5, 0.95);
  const solids: Solid[] = [
    {
      shape: 'frustum',
      center: [0, 0, capM / 2],
      axes: worldAxes,
      half: [radiusM * capShare, radiusM * capShare, capM / 2],
      surface: plain(drawColor(draw), 0.25),
    },
    {
      shape: 'chisel',
      center: [0, 0, capM + bodyM / 2],
      axes: worldAxes,
      half: [radiusM, radiusM, bodyM / 2],
      surface: banded({ ...print, from: draw.between(-0.9, -0.3), to: draw.between(0.1, 0.8) }),
    },
    {
      shape: 'box',
      center: [0, 0, capM + bodyM + crimpM / 2 - 0.002],
      axes: worldAxes,
      half: [radiusM * 1.12, radiusM * 0.1, crimpM / 2],
      surface: plain(color, 0.2),
    },
  ];
  const heightM = capM + bodyM + crimpM;
  const model = { solids, halfX: radiusM, halfY: radiusM, heightM, round: true };
  if (draw.chance(0.15)) return model;
  return lying(model, { radiusM: radiusM * 0.97, rollTurns: 0.25 + draw.between(-0.05, 0.05) });
}
