import { drawAt } from '../maths/draw.js';
import { cloudNoise } from '../maths/noise.js';
import { clamp01, smoothstep } from '../maths/stableMath.js';
import type { ImageSize } from './camera.js';

/** What a lens does to the light, for each pixel. */
export interface Lens {
  /** What vignetting leaves of the light, 0..1: the fourth power of the cosine of the angle from the axis. */
  readonly vignette: Float32Array;
  /** Share of the light that dirt keeps away and replaces by a grey haze, at full dirt, 0..1. */
  readonly dirt: Float32Array;
}

const drawOfDirt = 3;

export function createLens({ width, height }: ImageSize, seed: number): Lens {
  const draw = drawAt(seed, drawOfDirt);
  const vignette = new Float32Array(width * height);
  const dirt = new Float32Array(width * height);
  const spots = Array.from({ length: 14 }, () => ({
    x: draw.between(0, width),
    y: draw.between(0, height),
    radius: draw.between(0.008, 0.08) * width,
    strength: draw.between(0.15, 0.6),
  }));
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      const x = (column + 0.5 - width / 2) / width;
      const y = (row + 0.5 - height / 2) / width;
      const cosine = 1 / (1 + 1.1 * (x * x + y * y));
      vignette[row * width + column] = cosine * cosine;
      const film = cloudNoise((6 * column) / width, (6 * row) / width, seed + 21);
      dirt[row * width + column] = 0.35 * smoothstep(0.45, 0.75, film);
    }
  }
  for (const { x, y, radius, strength } of spots) {
    const top = Math.max(0, Math.floor(y - radius));
    const left = Math.max(0, Math.floor(x - radius));
    for (let row = top; row < Math.min(height, y + radius); row++) {
      for (let column = left; column < Math.min(width, x + radius); column++) {
        const away = ((column - x) * (column - x) + (row - y) * (row - y)) / (radius * radius);
        const at = row * width + column;
        dirt[at] = clamp01(dirt[at]! + strength * smoothstep(1, 0.3, away));
      }
    }
  }
  return { vignette, dirt };
}
