import { createRandom } from '../../../random.js';
import { hashBits } from '../maths/noise.js';
import { clamp01, mix } from '../maths/stableMath.js';
import type { Conditions } from '../scene/site.js';
import type { ImageSize } from './camera.js';
import type { Lens } from './lens.js';

const noiseMask = (1 << 16) - 1;
const curveSteps = 1 << 13;
/** Light that is recorded as white, relative to full exposure. */
const white = 1.25;

export interface Exposure {
  readonly conditions: Conditions;
  /** Of the noise. */
  readonly seed: number;
  readonly index: number;
}

/** Turns light into bytes, as a small camera does: vignetting, dirt, fog, colour cast, noise, tone curve. */
export class Sensor {
  readonly #size: ImageSize;
  readonly #lens: Lens;
  readonly #noise = noiseTable();
  readonly #curve = toneCurve();

  constructor(size: ImageSize, lens: Lens) {
    this.#size = size;
    this.#lens = lens;
  }

  /**
   * Returns `[height, width, 3]` bytes. Noise has a variance of noise^2 (signal + 0.02): photons, and the amplifier.
   *
   * @param color `[height, width, 3]`, linear light
   */
  expose(color: Float32Array, { conditions, seed, index }: Exposure): Uint8Array {
    const { width, height } = this.#size;
    const { vignette, dirt } = this.#lens;
    const { level, cast, gradient, fog, noise } = conditions;
    const bytes = new Uint8Array(color.length);
    const table = this.#noise;
    const curve = this.#curve;
    const [gainR, gainG, gainB] = [level * cast[0], level * cast[1], level * cast[2]];
    const [hazeR, hazeG, hazeB] = [0.3 * gainR, 0.3 * gainG, 0.3 * gainB];
    const steps = (curveSteps - 1) / white;
    const noiseSquared = noise * noise;
    for (let row = 0; row < height; row++) {
      let next = hashBits(seed | 0, index, row) & noiseMask;
      const rowGain = 1 + gradient[1] * (row / height - 0.5);
      for (let column = 0; column < width; column++) {
        const pixel = row * width + column;
        const gain = vignette[pixel]! * (rowGain + gradient[0] * (column / width - 0.5));
        const veil = fog + (1 - fog) * conditions.dirt * dirt[pixel]!;
        const direct = gain * (1 - veil);
        const at = 3 * pixel;
        const r = color[at]! * direct * gainR + veil * hazeR;
        const g = color[at + 1]! * direct * gainG + veil * hazeG;
        const b = color[at + 2]! * direct * gainB + veil * hazeB;
        const noisyR = r + Math.sqrt(noiseSquared * (r + 0.02)) * table[next]!;
        const noisyG = g + Math.sqrt(noiseSquared * (g + 0.02)) * table[(next + 1) & noiseMask]!;
        const noisyB = b + Math.sqrt(noiseSquared * (b + 0.02)) * table[(next + 2) & noiseMask]!;
        next = (next + 3) & noiseMask;
        bytes[at] = curve[Math.min(curveSteps - 1, Math.max(0, Math.floor(noisyR * steps)))]!;
        bytes[at + 1] = curve[Math.min(curveSteps - 1, Math.max(0, Math.floor(noisyG * steps)))]!;
        bytes[at + 2] = curve[Math.min(curveSteps - 1, Math.max(0, Math.floor(noisyB * steps)))]!;
      }
    }
    return bytes;
  }
}

/** Numbers of mean 0 and standard deviation 1, nearly normal: sums of four uniform ones. */
function noiseTable(): Float32Array {
  const random = createRandom(20231);
  const table = new Float32Array(noiseMask + 1);
  const deviation = Math.sqrt(4 / 12);
  for (let at = 0; at <= noiseMask; at++) {
    table[at] = (random.uniform() + random.uniform() + random.uniform() + random.uniform() - 2) / deviation;
  }
  return table;
}

/** Gamma 2, with a shoulder that keeps highlights. */
function toneCurve(): Uint8Array {
  return Uint8Array.from({ length: curveSteps }, (_, step) => {
    const light = (white * step) / (curveSteps - 1);
    const rolled = (light * (1 + light / (white * white))) / (1 + light);
    const toned = mix(Math.sqrt(light / white), Math.sqrt(rolled), 0.6);
    return Math.floor(255 * clamp01(toned) + 0.5);
  });
}
