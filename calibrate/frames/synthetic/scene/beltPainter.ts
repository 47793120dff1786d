import type { Light } from '../solids/shading.js';
import type { Backdrop } from './backdrop.js';
import type { Belt } from './belt.js';
import type { BeltTexture } from './beltTexture.js';

export interface BeltView {
  readonly belt: Belt;
  readonly texture: BeltTexture;
  /** How far it has run, metres. */
  readonly travelM: number;
}

export interface BeltLight {
  readonly light: Light;
  /** For each pixel, what things leave of the lamp's light and of the light from around. */
  readonly lit: Float32Array;
  readonly open: Float32Array;
}

/**
 * Adds the belts to the backdrop's light in `color`: their texture at the mip level whose texels are about as large as
 * the pixel, between the four nearest texels.
 */
export function paintBelts(
  views: readonly BeltView[],
  { color, backdrop }: { readonly color: Float32Array; readonly backdrop: Backdrop },
  { light, lit, open }: BeltLight,
): void {
  const { ground, depth } = backdrop;
  for (const [index, { belt, texture, travelM }] of views.entries()) {
    const { color: tint, halfWidthM } = belt;
    for (let at = 0; at < ground.isBelt.length; at++) {
      if (ground.isBelt[at] !== index + 1) continue;
      const pixelTexels = depth[at]! * texture.texelsPerM;
      const number = pixelTexels < 1.4 ? 0 : pixelTexels < 2.8 ? 1 : pixelTexels < 5.6 ? 2 : 3;
      const { length, width, data } = texture.levels[number]!;
      const texelsPerM = texture.texelsPerM / (1 << number);
      const along = (ground.u[at]! + travelM) * texelsPerM;
      const across = (ground.v[at]! + halfWidthM) * texelsPerM;
      const column = Math.floor(along);
      const row = Math.min(width - 1, Math.max(0, Math.floor(across)));
      const right = along - column;
      const down = Math.min(1, Math.max(0, across - row));
      const left = column & (length - 1);
      const next = (column + 1) & (length - 1);
      const upper = row * length;
      const lower = Math.min(width - 1, row + 1) * length;
      const bright =
        (data[upper + left]! * (1 - right) + data[upper + next]! * right) * (1 - down) +
        (data[lower + left]! * (1 - right) + data[lower + next]! * right) * down;
      const share = bright * ground.clear[at]! * ground.open[at]!;
      const key = light.towards[2] * lit[at]!;
      const around = open[at]!;
      color[3 * at]! += share * tint[0] * (light.ambient[0] * around + light.key[0] * key);
      color[3 * at + 1]! += share * tint[1] * (light.ambient[1] * around + light.key[1] * key);
      color[3 * at + 2]! += share * tint[2] * (light.ambient[2] * around + light.key[2] * key);
    }
  }
}
