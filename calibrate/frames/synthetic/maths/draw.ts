import { createRandom } from '../../../random.js';
import { hashBits } from './noise.js';

/** Random choices that depend on a seed and a place only, so that any of them can be drawn without the others. */
export interface Draw {
  /** Returns a number in [from, to). */
  between(from: number, to: number): number;
  /** Returns a whole number in [0, limit). */
  below(limit: number): number;
  /** Returns true in `share` of the cases. */
  chance(share: number): boolean;
  oneOf<T>(items: readonly T[]): T;
  /** Returns an index, each as likely as its weight says. */
  weighted(weights: readonly number[]): number;
}

/** Returns the choices of place (`a`, `b`) under `seed`. */
export function drawAt(seed: number, a: number, b = 0): Draw {
  const high = Math.floor(seed / 2 ** 32);
  const random = createRandom(hashBits(hashBits(seed | 0, high | 0, 1), a, b));
  const below = (limit: number) => random.below(limit);
  return {
    between: (from, to) => from + (to - from) * random.uniform(),
    below,
    chance: (share) => random.uniform() < share,
    oneOf: (items) => items[below(items.length)]!,
    weighted(weights) {
      let left = random.uniform() * weights.reduce((sum, weight) => sum + weight, 0);
      const index = weights.findIndex((weight) => {
        left -= weight;
        return left < 0;
      });
      return index < 0 ? weights.length - 1 : index;
    },
  };
}
