import type { Draw } from '../maths/draw.js';
import { rotation, worldAxes } from '../maths/vector.js';
import type { Solid } from '../solids/solid.js';
import { cloth } from '../surfaces/cloth.js';
import { plain } from '../surfaces/plain.js';
import type { Model } from './model.js';
import { drawColor } from './palette.js';

/** Something soft: a sack tied at its neck, a pouch with crimped ends, or a standing paper bag. */
export function bag(draw: Draw): Model {
  const color = drawColor(draw, 0.4);
  const surface = cloth({
    ...{ color, second: drawColor(draw), printed: draw.chance(0.5) },
    ...{ gloss: draw.chance(0.4) ? 0.35 : 0.03, seed: draw.below(1 << 20) },
  });
  return draw.oneOf([sack, pouch, pouch, paperBag])(draw, surface);
}

type Cloth = Solid['surface'];

function sack(draw: Draw, surface: Cloth): Model {
  const half = [draw.between(0.08, 0.17), draw.between(0.07, 0.14), draw.between(0.06, 0.12)] as const;
  const neckM = half[2] * draw.between(0.4, 0.6);
  const knotM = 1.86 * half[2];
  const lean = rotation('tilt', draw.between(-0.08, 0.08));
  const solids: Solid[] = [
    { shape: 'ellipsoid', center: [0, 0, half[2] * 0.94], axes: worldAxes, half, surface },
    {
      shape: 'frustum',
      center: [0, 0, knotM + neckM / 2],
      axes: lean,
      half: [half[0] * 0.2, half[1] * 0.2, neckM / 2],
      taper: 2.2,
      surface,
    },
    {
      shape: 'frustum',
      center: [0, 0, knotM + neckM * 0.12],
      axes: lean,
      half: [half[0] * 0.27, half[1] * 0.27, neckM * 0.1],
      surface: plain(drawColor(draw)),
    },
  ];
  return { solids, halfX: half[0], halfY: half[1], heightM: knotM + neckM, round: true };
}

function pouch(draw: Draw, surface: Cloth): Model {
  const half = [draw.between(0.09, 0.19), draw.between(0.06, 0.13), draw.between(0.028, 0.06)] as const;
  const end = (side: number): Solid => ({
    shape: 'box',
    center: [side * half[0] * 0.97, 0, half[2]],
    axes: rotation('roll', side * 0.02),
    half: [half[0] * 0.1, half[1] * 0.72, 0.005],
    surface,
  });
  return {
    solids: [
      { shape: 'ellipsoid', center: [0, 0, half[2]], axes: worldAxes, half, surface },
      end(-1),
      end(1),
    ],
    ...{ halfX: half[0], halfY: half[1], heightM: 2 * half[2], round: true },
  };
}

function paperBag(draw: Draw, surface: Cloth): Model {
  const half = [draw.between(0.07, 0.13), draw.between(0.04, 0.08), draw.between(0.07, 0.14)] as const;
  const foldM = half[2] * 0.3;
  const solids: Solid[] = [
    { shape: 'box', center: [0, 0, half[2]], axes: worldAxes, half, surface },
    {
      shape: 'box',
      center: [0, half[1] * 0.3, 2 * half[2] + foldM * 0.8],
      axes: rotation('tilt', draw.between(-0.09, 0.03)),
      half: [half[0] * 0.97, 0.008, foldM],
      surface,
    },
    {
      shape: 'frustum',
      center: [0, 0, 2 * half[2] + foldM * 0.2],
      axes: worldAxes,
      half: [half[0] * 1.25, half[1] * 1.2, foldM * 0.5],
      taper: 0.5,
      surface,
    },
  ];
  return { solids, halfX: half[0], halfY: half[1], heightM: 2 * half[2] + 1.8 * foldM };
}
