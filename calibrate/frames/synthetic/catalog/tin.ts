import type { Draw } from '../maths/draw.js';
import { worldAxes } from '../maths/vector.js';
import type { Solid } from '../solids/solid.js';
import { banded, metal, prints } from '../surfaces/banded.js';
import { lying, type Model } from './model.js';
import { drawColor, steel } from './palette.js';

/** A can with metal rims and a paper band, or bare; flat as for fish, or tall. */
export function tin(draw: Draw): Model {
  const radiusM = draw.between(0.035, 0.085);
  const heightM = radiusM * draw.between(0.7, 2.8);
  const seed = draw.below(1 << 20);
  const bare = draw.chance(0.2);
  const body = bare
    ? metal(steel, seed)
    : banded({
        ...{ base: steel, ends: steel, band: drawColor(draw), ink: drawColor(draw) },
        ...{ from: -0.93, to: 0.93, print: draw.oneOf(prints), turns: draw.between(0, 1), gloss: 0.25, seed },
      });
  const rimM = Math.min(0.008, heightM / 8);
  const rim = (z: number): Solid => ({
    shape: 'frustum',
    center: [0, 0, z],
    axes: worldAxes,
    half: [radiusM * 1.04, radiusM * 1.04, rimM / 2],
    surface: metal(steel, seed + 1),
  });
  const solids: Solid[] = [
    {
      shape: 'frustum',
      center: [0, 0, heightM / 2],
      axes: worldAxes,
      half: [radiusM, radiusM, heightM / 2 - 0.001],
      surface: body,
    },
    rim(rimM / 2),
    rim(heightM - rimM / 2),
  ];
  const model = { solids, halfX: radiusM, halfY: radiusM, heightM, round: true };
  if (draw.chance(0.65)) return { ...model, flatTop: true };
  return lying(model, { radiusM: radiusM * 1.04, rollTurns: draw.between(0, 1) });
}
