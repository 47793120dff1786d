import { type Color, dimmed, hex } from '../maths/color.js';
import { drawAt } from '../maths/draw.js';
import { distanceToWhole } from '../maths/stableMath.js';
import { tableNoise } from '../maths/tableNoise.js';
import { rotation } from '../maths/vector.js';
import type { Solid, Surface } from '../solids/solid.js';
import { setColor } from '../surfaces/surface.js';
import { type Belt, BeltFrame } from './belt.js';
import type { Layout } from './layout.js';

/** How far below the belt the floor is. */
export const floorDropM = 0.7;

const aluminium = hex(0xb4b8ba);
const drawOfFittings = 2;

/** Returns what stands around the belts: their frames and legs, a hood over their far end, cabinets at the wall. */
export function fittingsOf(layout: Layout): Solid[] {
  return [...layout.belts.flatMap(frameOf), ...hoodOf(layout), ...cabinetsOf(layout)];
}

function frameOf(belt: Belt): Solid[] {
  const frame = new BeltFrame(belt);
  const along = (from: number, to: number) => ({ middle: (from + to) / 2, half: (to - from) / 2 });
  const { middle, half } = along(0.05, belt.endM + 0.3);
  const solids: Solid[] = [];
  for (const side of [-1, 1]) {
    const v = side * (belt.halfWidthM + 0.02);
    solids.push(
      {
        shape: 'box',
        center: frame.place(middle, v, -0.03),
        axes: frame.axes,
        half: [0.02, half, 0.055],
        surface: railing(half),
      },
      {
        shape: 'box',
        center: frame.place(middle, side * (belt.halfWidthM - 0.05), -0.2),
        axes: frame.axes,
        half: [0.02, half, 0.12],
        surface: painted(hex(0x39434d)),
      },
    );
    for (let u = 0.9; u < belt.endM; u += 1.15) {
      solids.push({
        shape: 'box',
        center: frame.place(u, side * (belt.halfWidthM - 0.02), -floorDropM / 2),
        axes: frame.axes,
        half: [0.03, 0.03, floorDropM / 2],
        surface: painted(hex(0x39434d)),
      });
    }
  }
  return solids;
}

/** A scanner's hood, on posts left and right of all belts. */
function hoodOf({ belts, seed }: Layout): Solid[] {
  const draw = drawAt(seed, drawOfFittings);
  const lane = belts[0]!;
  const frame = new BeltFrame(lane);
  const edges = belts.flatMap(({ offsetM, halfWidthM }) => [offsetM - halfWidthM, offsetM + halfWidthM]);
  const left = Math.min(...edges) - lane.offsetM - 0.12;
  const right = Math.max(...edges) - lane.offsetM + 0.12;
  const u = lane.endM - 0.25;
  const color = draw.oneOf([0x2d5d8c, 0xc9ccca, 0xd98f24, 0x4e5a55].map(hex));
  const post = (v: number): Solid => ({
    shape: 'box',
    center: frame.place(u, v, -0.1),
    axes: frame.axes,
    half: [0.05, 0.3, 0.62],
    surface: hazard(color),
  });
  const hood: Solid = {
    shape: 'box',
    center: frame.place(u, (left + right) / 2, 0.62),
    axes: frame.axes,
    half: [(right - left) / 2 + 0.06, 0.36, 0.2],
    surface: machine(color),
  };
  const back: Solid = {
    shape: 'box',
    center: frame.place(lane.endM + 0.1, (left + right) / 2, 0),
    axes: frame.axes,
    half: [(right - left) / 2, 0.02, 0.6],
    surface: painted(hex(0x17191b)),
  };
  return [post(left), post(right), hood, back];
}

function cabinetsOf({ wallM, seed }: Layout): Solid[] {
  const draw = drawAt(seed, drawOfFittings, 1);
  const colors = [0x6d7b80, 0x8b8f88, 0x3d5a52, 0x9a5a32, 0x27405e].map(hex);
  return [-3.1, -1.9, 1.8, 3].map((x) => {
    const heightM = draw.between(0.5, 1.5);
    return {
      shape: 'box',
      center: [x + draw.between(-0.3, 0.3), wallM - 0.35, heightM / 2 - floorDropM],
      axes: rotation('yaw', draw.between(-0.02, 0.02)),
      half: [draw.between(0.3, 0.55), 0.3, heightM / 2],
      surface: machine(draw.oneOf(colors)),
    };
  });
}

function painted(color: Color): Surface {
  return {
    gloss: 0.05,
    paint: (hit) => setColor(hit, color, 0.85 + 0.3 * tableNoise(2 * hit.x + 3 * hit.z, 9 * hit.y, 5)),
  };
}

/** An aluminium profile with a groove and bolts. */
function railing(halfLengthM: number): Surface {
  const bolts = halfLengthM * 5;
  return {
    gloss: 0.25,
    paint(hit) {
      const worn = 0.8 + 0.3 * tableNoise(40 * hit.y, 2 * hit.z, 3);
      const isTop = hit.face === 5;
      const across = isTop ? hit.x : hit.z;
      const groove = Math.abs(across) < 0.12 ? 0.6 : 1;
      const bolt = !isTop && Math.abs(hit.z) < 0.35 && distanceToWhole(hit.y * bolts) < 0.06 ? 0.25 : 1;
      setColor(hit, aluminium, worn * groove * bolt);
    },
  };
}

/** A sheet-metal housing: panels, a vent, a lamp. */
function machine(color: Color): Surface {
  const lamp: Color = [0.25, 1.1, 0.3];
  return {
    gloss: 0.12,
    paint(hit) {
      const u = hit.face < 2 ? hit.y : hit.x;
      const joint = distanceToWhole(u * 1.5 + 0.5) < 0.012 || Math.abs(hit.z) > 0.96;
      const vent = Math.abs(u - 0.55) < 0.22 && Math.abs(hit.z) < 0.5 && distanceToWhole(hit.z * 5) < 0.2;
      if (hit.face === 2 && Math.abs(u + 0.6) < 0.03 && Math.abs(hit.z - 0.5) < 0.09) setColor(hit, lamp);
      else setColor(hit, color, (joint || vent ? 0.4 : 1) * (0.9 + 0.2 * tableNoise(3 * u, 2 * hit.z, 8)));
    },
  };
}

/** Black and yellow stripes on a coloured post. */
function hazard(color: Color): Surface {
  const yellow = hex(0xe0b020);
  return {
    gloss: 0.05,
    paint(hit) {
      const striped = hit.z > 0.15 && hit.z < 0.75;
      const dark = distanceToWhole(hit.z * 5 + (hit.face < 2 ? hit.y : hit.x) * 0.5) < 0.25;
      setColor(hit, striped ? (dark ? dimmed(yellow, 0.04) : yellow) : color, 0.95);
    },
  };
}
