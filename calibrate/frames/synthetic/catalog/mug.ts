import { dimmed } from '../maths/color.js';
import type { Draw } from '../maths/draw.js';
import { rotation, worldAxes } from '../maths/vector.js';
import type { Solid } from '../solids/solid.js';
import { banded, prints } from '../surfaces/banded.js';
import { plain } from '../surfaces/plain.js';
import { lying, type Model } from './model.js';
import { drawColor } from './palette.js';

/** A cup, hollow, with a ring for a handle; seldom lying. */
export function mug(draw: Draw): Model {
  const radiusM = draw.between(0.042, 0.068);
  const heightM = radiusM * draw.between(1.7, 2.6);
  const color = drawColor(draw, 0.3);
  const taper = draw.between(0.92, 1.2);
  const ringM = heightM * draw.between(0.26, 0.34);
  const solids: Solid[] = [
    {
      ...{ shape: 'frustum', taper, hollow: 0.9 },
      center: [0, 0, heightM / 2],
      axes: worldAxes,
      half: [radiusM, radiusM, heightM / 2],
      surface: banded({
        ...{ base: color, band: draw.chance(0.5) ? color : drawColor(draw), ink: drawColor(draw) },
        ...{ from: -0.7, to: 0.7, print: draw.oneOf(prints), turns: draw.between(0, 1) },
        ...{ gloss: 0.45, seed: draw.below(1 << 20), ends: draw.chance(0.4) ? drawColor(draw) : color },
      }),
    },
    {
      ...{ shape: 'frustum', hollow: 0.68, through: true },
      center: [radiusM * (0.55 + 0.5 * taper), 0, heightM * 0.52],
      axes: rotation('tilt', 0.25),
      half: [ringM * 0.9, ringM, radiusM * 0.14],
      surface: plain(dimmed(color, 0.97), 0.45),
    },
  ];
  const model = { solids, halfX: radiusM, halfY: radiusM, heightM, round: true };
  if (draw.chance(0.82)) return model;
  const radius = radiusM * Math.max(1, taper);
  return lying(model, { radiusM: radius, rollTurns: draw.between(0.3, 0.7) });
}
