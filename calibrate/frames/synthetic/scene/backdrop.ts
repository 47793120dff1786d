import { type Color, dimmed, hex } from '../maths/color.js';
import { cloudNoise, hashUnit, valueNoise } from '../maths/noise.js';
import { distanceToWhole, smoothstep } from '../maths/stableMath.js';
import { type Camera, rayThrough } from '../optics/camera.js';
import { type Light, lightingOf } from '../solids/shading.js';
import { BeltFrame } from './belt.js';
import { composite } from './composite.js';
import { fittingsOf, floorDropM } from './fittings.js';
import { createFrameBuffer } from './frameBuffer.js';
import { Layer } from './layer.js';
import type { Layout } from './layout.js';
import type { GroundMap } from './shadow.js';

/** Everything that never moves, drawn once, and where the belts show through it. */
export interface Backdrop {
  /** `[height, width, 3]`: light of what stands still, times its coverage. */
  readonly color: Float32Array;
  /** `[height, width]` */
  readonly depth: Float32Array;
  readonly ground: BeltMap;
}

export interface BeltMap extends GroundMap {
  /** For each pixel, 1 + the belt's index where a belt shows, else 0. */
  readonly isBelt: Uint8Array;
  /** For each pixel of a belt, the place on it, metres. */
  readonly u: Float32Array;
  readonly v: Float32Array;
  /** For each pixel of a belt, the share of it that nothing still covers. */
  readonly clear: Float32Array;
  /** For each pixel of a belt, how much of the light gets there past the fittings. */
  readonly open: Float32Array;
}

export function backdropOf(layout: Layout, { camera, light }: { camera: Camera; light: Light }): Backdrop {
  const frame = createFrameBuffer(camera);
  const ground = groundOf(layout, camera, frame.depth);
  paintRoom(layout, { camera, light, ground, color: frame.color });
  // Where the belts are, white stands for them, to learn how much of it the fittings leave.
  const coverage = createFrameBuffer(camera);
  coverage.depth.set(frame.depth);
  coverage.color.fill(1);
  const layer = new Layer(camera);
  for (const solid of fittingsOf(layout)) {
    layer.draw([solid], lightingOf(light, camera.forward));
    composite(layer, frame, 1);
    layer.blacken();
    composite(layer, coverage, 1);
  }
  for (let at = 0; at < ground.isBelt.length; at++) {
    ground.clear[at] = ground.isBelt[at] === 0 ? 0 : coverage.color[3 * at]!;
    if (ground.clear[at] === 0) ground.isBelt[at] = 0;
  }
  return { color: frame.color, depth: frame.depth, ground };
}

/** Finds the belts in the picture and writes their depth; Infinity elsewhere. */
function groundOf(layout: Layout, camera: Camera, depth: Float32Array): BeltMap {
  const pixels = camera.width * camera.height;
  const [x, y, u, v, clear, open] = Array.from({ length: 6 }, () => new Float32Array(pixels)) as [
    ...[Float32Array, Float32Array, Float32Array, Float32Array, Float32Array, Float32Array],
  ];
  const isBelt = new Uint8Array(pixels);
  depth.fill(Infinity);
  const frames = layout.belts.map((belt) => ({ belt, frame: new BeltFrame(belt) }));
  for (let at = 0; at < pixels; at++) {
    const column = at % camera.width;
    const [rayX, rayY, rayZ] = rayThrough(camera, column + 0.5, (at - column) / camera.width + 0.5);
    if (rayZ >= 0) continue;
    const t = -camera.position[2] / rayZ;
    x[at] = camera.position[0] + t * rayX;
    y[at] = camera.position[1] + t * rayY;
    for (const [index, { belt, frame }] of frames.entries()) {
      const along = frame.u(x[at]!, y[at]!);
      const across = frame.v(x[at]!, y[at]!);
      if (Math.abs(across) > belt.halfWidthM || along > belt.endM) continue;
      isBelt[at] = index + 1;
      u[at] = along;
      v[at] = across;
      depth[at] = t;
      const byRail = smoothstep(0, 0.09, belt.halfWidthM - Math.abs(across));
      const byHood = 1 - smoothstep(belt.endM - 1.1, belt.endM - 0.35, along);
      open[at] = (0.6 + 0.4 * byRail) * (0.25 + 0.75 * byHood);
    }
  }
  return { x, y, u, v, isBelt, clear, open };
}

interface Room {
  readonly camera: Camera;
  readonly light: Light;
  readonly ground: BeltMap;
  readonly color: Float32Array;
}

function paintRoom(layout: Layout, { camera, light, ground, color }: Room): void {
  const lane = layout.belts[0]!;
  const frame = new BeltFrame(lane);
  const seed = layout.seed | 0;
  const line = hex(0xd9b22c);
  for (let at = 0; at < ground.isBelt.length; at++) {
    if (ground.isBelt[at] !== 0) continue;
    const column = at % camera.width;
    const [rayX, rayY, rayZ] = rayThrough(camera, column + 0.5, (at - column) / camera.width + 0.5);
    const toFloor = rayZ < 0 ? (-floorDropM - camera.position[2]) / rayZ : Infinity;
    const toWall = layout.wallM / rayY;
    let reflected: Color;
    let share: number;
    if (toFloor < toWall) {
      const x = toFloor * rayX;
      const y = toFloor * rayY;
      const v = frame.v(x, y);
      const under = Math.min(
        ...layout.belts.map((belt) => Math.abs(new BeltFrame(belt).v(x, y)) - belt.halfWidthM),
      );
      const isLine = Math.abs(Math.abs(v) - 1.5) < 0.045 && valueNoise(9 * x, 9 * y, seed) > 0.22;
      const joint = distanceToWhole(x / 1.2) < 0.006 || distanceToWhole(y / 1.2) < 0.006 ? 0.7 : 1;
      const grain = 0.08 * (hashUnit(Math.floor(x * 140), Math.floor(y * 140), seed) - 0.5);
      reflected = isLine ? line : layout.floorColor;
      share = joint * (0.7 + 0.5 * cloudNoise(1.7 * x, 1.7 * y, seed) + grain);
      share *= 0.3 + 0.7 * smoothstep(-0.15, 0.4, under);
    } else {
      const x = toWall * rayX;
      const z = camera.position[2] + toWall * rayZ + floorDropM;
      const fold = distanceToWhole(x * 2.5);
      reflected = z < 0.25 ? dimmed(layout.wallColor, 0.45) : layout.wallColor;
      share = (0.5 + 0.3 * smoothstep(0.05, 0.3, fold)) * (0.85 + 0.3 * cloudNoise(x, 3 * z, seed + 5));
      share *= 0.45 + 0.55 * smoothstep(0, 0.5, z);
    }
    for (const channel of [0, 1, 2] as const) {
      color[3 * at + channel] =
        reflected[channel] * share * (light.ambient[channel] + 0.75 * light.key[channel]);
    }
  }
}
