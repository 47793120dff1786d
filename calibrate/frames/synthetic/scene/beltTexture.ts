import { cloudNoise, hashUnit, valueNoise } from '../maths/noise.js';
import { distanceToWhole, smoothstep } from '../maths/stableMath.js';

/** Brightness of a belt's surface, relative to its colour. Repeats along the belt. */
export interface BeltTexture {
  /** Coarser by half from level to level. */
  readonly levels: readonly TextureLevel[];
  /** Texels of level 0 in a metre. */
  readonly texelsPerM: number;
}

export interface TextureLevel {
  /** Texels along the belt, a power of two. */
  readonly length: number;
  /** Texels across it. */
  readonly width: number;
  /** `[width, length]` */
  readonly data: Float32Array;
}

export interface BeltTextureOptions {
  readonly halfWidthM: number;
  readonly seed: number;
  /** How far the belt moves while the shutter is open, metres. */
  readonly blurM: number;
}

const texelsPerM = 256;
const length = 1024;
const numLevels = 4;

/** Returns a rubber belt with its weave, seams, stains and scratches, blurred by its motion. */
export function beltTexture({ halfWidthM, seed, blurM }: BeltTextureOptions): BeltTexture {
  const width = Math.ceil(2 * halfWidthM * texelsPerM);
  const data = new Float32Array(width * length);
  const chevrons = hashUnit(seed, 1, 1) < 0.4;
  for (let row = 0; row < width; row++) {
    const v = row / texelsPerM - halfWidthM;
    const edge = 1 - 0.3 * smoothstep(halfWidthM - 0.05, halfWidthM - 0.02, Math.abs(v));
    const scratched = 0.12 * valueNoise(0, row / 2.2, seed + 9);
    const tracked = 0.14 * valueNoise(3, row / 24, seed + 11);
    for (let column = 0; column < length; column++) {
      const u = column / texelsPerM;
      const stain = stainAt(column, row, seed);
      const grain = 0.2 * (hashUnit(column, row, seed) - 0.5);
      const weave = ((column >> 1) + row) & 2 ? 0.03 : -0.03;
      const rib = chevrons ? 0.16 * smoothstep(0.4, 0.47, distanceToWhole((u + Math.abs(v)) * 8)) : 0;
      const seam = seamAt(u, v);
      data[row * length + column] =
        (0.82 + scratched + tracked + 0.3 * stain + grain + weave + rib) * edge * seam;
    }
  }
  const first = { length, width, data: blurred({ length, width, data }, blurM * texelsPerM) };
  const levels: TextureLevel[] = [first];
  while (levels.length < numLevels) levels.push(halved(levels.at(-1)!));
  return { levels, texelsPerM };
}

/** Clouds that repeat along the belt: two, faded into each other. */
function stainAt(column: number, row: number, seed: number): number {
  const share = column / length;
  const here = cloudNoise(column / 70, row / 50, seed + 3);
  const before = cloudNoise((column - length) / 70, row / 50, seed + 3);
  return here * (1 - share) + before * share - 0.5;
}

/** A slanting seam with two rows of rivets, once per repetition. */
function seamAt(u: number, v: number): number {
  const from = Math.abs(u - 1.9 - 0.35 * v);
  if (from < 0.008) return 0.45;
  if (from > 0.02 && from < 0.034 && distanceToWhole(v * 22) > 0.3) return 1.5;
  return from < 0.05 ? 1.1 : 1;
}

/** Box filter along the belt; `reach` in texels. */
function blurred({ width, data }: TextureLevel, reach: number): Float32Array {
  const half = Math.floor(reach / 2);
  if (half < 1) return data;
  const result = new Float32Array(data.length);
  for (let row = 0; row < width; row++) {
    const at = row * length;
    let sum = 0;
    for (let offset = -half; offset <= half; offset++) sum += data[at + (offset & (length - 1))]!;
    for (let column = 0; column < length; column++) {
      result[at + column] = sum / (2 * half + 1);
      sum += data[at + ((column + half + 1) & (length - 1))]! - data[at + ((column - half) & (length - 1))]!;
    }
  }
  return result;
}

function halved({ length: fineLength, width: fineWidth, data: fine }: TextureLevel): TextureLevel {
  const coarse = { length: fineLength >> 1, width: Math.max(1, fineWidth >> 1) };
  const data = new Float32Array(coarse.length * coarse.width);
  for (let row = 0; row < coarse.width; row++) {
    const upper = 2 * row * fineLength;
    const lower = Math.min(2 * row + 1, fineWidth - 1) * fineLength;
    for (let column = 0; column < coarse.length; column++) {
      const left = 2 * column;
      data[row * coarse.length + column] =
        (fine[upper + left]! + fine[upper + left + 1]! + fine[lower + left]! + fine[lower + left + 1]!) / 4;
    }
  }
  return { ...coarse, data };
}
