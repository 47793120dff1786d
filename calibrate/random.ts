/** A seeded source of random numbers. Not for secrets. */
export interface Random {
  /** Returns a number in [0, 1), a multiple of 2^-32. */
  uniform(): number;
  /** Returns a whole number in [0, limit); `limit` is at most 2^32. */
  below(limit: number): number;
  /** Returns a shuffled copy (Fisher-Yates). */
  shuffled<T>(items: readonly T[]): T[];
}

/**
 * Returns a generator whose numbers depend on nothing but `seed` (any safe integer), on every machine.
 *
 * xoshiro128** (Blackman, Vigna: https://prng.di.unimi.it/xoshiro128starstar.c), its state filled by the
 * murmur3 finalizer over a Weyl sequence, so that neighbouring seeds have nothing in common.
 */
export function createRandom(seed: number): Random {
  const next = xoshiro128(seed);
  const uniform = () => next() / 2 ** 32;
  const below = (limit: number) => Math.floor(uniform() * limit);
  const shuffled = <T>(items: readonly T[]): T[] => {
    const result = [...items];
    for (let last = result.length - 1; last > 0; last--) {
      const other = below(last + 1);
      [result[last], result[other]] = [result[other]!, result[last]!];
    }
    return result;
  };
  return { uniform, below, shuffled };
}

/** Returns a function that gives 32 random bits per call, as an unsigned number. */
function xoshiro128(seed: number): () => number {
  const low = seed | 0;
  const high = Math.floor(seed / 2 ** 32) | 0;
  const word = (index: number) => mixed(low + Math.imul(index, 0x9e3779b9));
  let [a, b, c, d] = [word(1), word(2) ^ mixed(high), word(3), word(4)];
  return () => {
    const bits = Math.imul(rotateLeft(Math.imul(b, 5), 7), 9) >>> 0;
    const shifted = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= shifted;
    d = rotateLeft(d, 11);
    return bits;
  };
}

function rotateLeft(word: number, by: number): number {
  return (word << by) | (word >>> (32 - by));
}

/** The finalizer of murmur3: every bit of the result depends on every bit of `word`. */
function mixed(word: number): number {
  let bits = Math.imul(word ^ (word >>> 16), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return bits ^ (bits >>> 16);
}
