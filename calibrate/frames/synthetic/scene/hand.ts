import { posed } from '../catalog/model.js';
import { hex } from '../maths/color.js';
import { drawAt } from '../maths/draw.js';
import { sineOfTurns } from '../maths/stableMath.js';
import { composed, rotation, worldAxes } from '../maths/vector.js';
import type { Solid } from '../solids/solid.js';
import { cloth } from '../surfaces/cloth.js';
import { BeltFrame } from './belt.js';
import type { Layout } from './layout.js';
import type { Thing } from './traffic.js';

/** Every so often a worker may reach over the belt. */
const shiftS = 5;
const share = 0.4;
const drawOfHands = 50;

const gloves = [0x2b5b9e, 0xd8d5cc, 0x2a2b2d, 0xc98a68, 0x8a5a3c, 0xd9772b].map(hex);
const sleeves = [0x2d3b55, 0xe0a424, 0x59636b, 0xb9bdbd].map(hex);

/** Returns the arm that reaches in at a time, if one does: it hides things, and has no class. */
export function handAt(layout: Layout, timeS: number): Thing[] {
  const shift = Math.floor(timeS / shiftS);
  const draw = drawAt(layout.seed, drawOfHands, shift);
  if (!draw.chance(share)) return [];
  const belt = layout.belts[0]!;
  const frame = new BeltFrame(belt);
  const side = draw.oneOf([-1, 1]);
  const progress = timeS / shiftS - shift;
  const out = sineOfTurns(progress / 2);
  const reach = draw.between(0.15, 0.85) * belt.halfWidthM;
  const u = draw.between(0.85, 1.9);
  const v = side * (belt.halfWidthM + 0.45 - out * (0.45 + reach));
  const at = frame.place(u + draw.between(-0.1, 0.1) * progress, v, draw.between(0.16, 0.3));
  // Along x is where the fingers point: inwards, and down.
  const inwards = rotation('yaw', (side > 0 ? 0.5 : 0) - belt.headingTurns + draw.between(-0.06, 0.06));
  const axes = composed(inwards, rotation('roll', draw.between(0.02, 0.07)));
  const seed = draw.below(1 << 20);
  const glove = cloth({ color: draw.oneOf(gloves), second: draw.oneOf(gloves), seed });
  const sleeve = cloth({ color: draw.oneOf(sleeves), second: draw.oneOf(sleeves), seed: seed + 1 });
  return [
    {
      categoryId: 0,
      solids: posed(armOf(glove, sleeve), axes, at),
      footprint: {
        ...{ x: at[0] - inwards[0][0] * 0.16, y: at[1] - inwards[0][1] * 0.16, axes: inwards },
        ...{ halfX: 0.3, halfY: 0.045, heightM: 0.24, round: false },
      },
      velocity: [0, 0, 0],
      groupAt: [at[0], at[1] - 0.12, 0],
    },
  ];
}

/** A forearm, a palm and five fingers, along +x. */
function armOf(glove: Solid['surface'], sleeve: Solid['surface']): Solid[] {
  const alongX = rotation('roll', 0.25);
  const finger = (y: number, lengthM: number, spreadTurns: number): Solid => ({
    shape: 'ellipsoid',
    center: [0.04 + lengthM / 2, y, -0.012],
    axes: composed(rotation('yaw', spreadTurns), rotation('roll', 0.035)),
    half: [lengthM / 2 + 0.012, 0.0125, 0.0125],
    surface: glove,
  });
  return [
    {
      shape: 'frustum',
      center: [-0.8, 0, 0.01],
      axes: alongX,
      half: [0.07, 0.07, 0.7],
      taper: 0.6,
      surface: sleeve,
    },
    {
      shape: 'frustum',
      center: [-0.085, 0, 0.005],
      axes: alongX,
      half: [0.036, 0.036, 0.045],
      surface: glove,
    },
    { shape: 'ellipsoid', center: [0, 0, 0], axes: worldAxes, half: [0.065, 0.052, 0.026], surface: glove },
    finger(-0.036, 0.085, -0.015),
    finger(-0.012, 0.1, -0.004),
    finger(0.013, 0.097, 0.004),
    finger(0.036, 0.075, 0.02),
    {
      shape: 'ellipsoid',
      center: [0.02, -0.06, -0.01],
      axes: rotation('yaw', -0.1),
      half: [0.045, 0.015, 0.015],
      surface: glove,
    },
  ];
}
