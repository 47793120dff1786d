import { dimmed } from '../maths/color.js';
import type { Draw } from '../maths/draw.js';
import { worldAxes } from '../maths/vector.js';
import type { Solid } from '../solids/solid.js';
import { banded, prints } from '../surfaces/banded.js';
import { plain } from '../surfaces/plain.js';
import { lying, type Model } from './model.js';
import { drawColor } from './palette.js';

/** A body, a shoulder, a neck and a cap; standing or lying. */
export function bottle(draw: Draw): Model {
  const radiusM = draw.between(0.035, 0.06);
  const bodyM = radiusM * draw.between(2.6, 4.6);
  const shoulderM = radiusM * draw.between(0.5, 1.5);
  const neckM = radiusM * draw.between(0.3, 0.9);
  const capM = radiusM * draw.between(0.3, 0.55);
  const neckShare = draw.between(0.3, 0.5);
  const color = drawColor(draw);
  const surface = banded({
    base: color,
    band: drawColor(draw),
    ink: drawColor(draw),
    ...{ from: draw.between(-0.8, -0.4), to: draw.between(0.1, 0.8), print: draw.oneOf(prints) },
    ...{ turns: draw.between(0, 1), gloss: 0.5, seed: draw.below(1 << 20) },
  });
  const glass = plain(dimmed(color, 0.9), 0.5);
  const at = (fromM: number, lengthM: number, radius: number) =>
    ({
      shape: 'frustum',
      center: [0, 0, fromM + lengthM / 2],
      axes: worldAxes,
      half: [radius, radius, lengthM / 2],
    }) as const;
  const neckRadius = radiusM * neckShare;
  const solids: Solid[] = [
    { ...at(0, bodyM, radiusM), surface },
    { ...at(bodyM, shoulderM, radiusM), taper: neckShare, surface: glass },
    { ...at(bodyM + shoulderM, neckM, neckRadius), surface: glass },
    { ...at(bodyM + shoulderM + neckM, capM, neckRadius * 1.25), surface: plain(drawColor(draw), 0.2) },
  ];
  const heightM = bodyM + shoulderM + neckM + capM;
  const model = { solids, halfX: radiusM, halfY: radiusM, heightM, round: true };
  return draw.chance(0.5) ? lying(model, { radiusM, rollTurns: draw.between(0, 1) }) : model;
}
