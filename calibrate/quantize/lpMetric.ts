/**
 * The Lp metric of a quantizer: the mean of |x - x^|^p. p says how much a large error counts against many
 * small ones: the best clip grows with p, up to min-max at infinity (detptq.md 2).
 */

/** Every p that is tried, in ascending order: the best clip grows along it. */
export const pValues = [1, 1.5, 2, 2.4, 3, 4, 6, Number.POSITIVE_INFINITY] as const;

/** The number of p whose distance is summed; infinity is min-max by definition and needs no sum. */
export const finitePCount = pValues.length - 1;

/** Position of a p in `pValues`. */
export type PIndex = number;

/** All positions in `pValues`. */
export const allP: readonly PIndex[] = pValues.map((_, index) => index);

const allFiniteP = allP.slice(0, finitePCount);

/** Returns the position of `p` in `pValues`, or -1. */
export function indexOfP(p: number): PIndex {
  return (pValues as readonly number[]).indexOf(p);
}

/** Returns p as reports and manifests write it. */
export function pName(index: PIndex): number | 'inf' {
  const p = pValues[index]!;
  return p === Number.POSITIVE_INFINITY ? 'inf' : p;
}

/**
 * x^0.4 at `i / 8192`. Interpolated, it is off by at most 1.2e-4 from 16/8192 on, and over the errors of an
 * 8-bit grid, which lie below, by 3.5e-4 on the whole; it is several times faster than a power, and choosing
 * scales is mostly this.
 */
const fractionalPower = Float64Array.from({ length: 8194 }, (_, i) => (i / 8192) ** 0.4);

/**
 * Returns the sum of `weights[i] * errors[i]^p` for each p asked for.
 *
 * @param errors distances from 0 to 1, in units of the largest magnitude; larger ones count as 1
 * @param ps positions in `pValues` of finite p. Default: all of them.
 */
export function lpDistances(
  errors: Float64Array,
  weights: Float64Array,
  ps: readonly PIndex[] = allFiniteP,
): Float64Array {
  if (ps.length === 1) return Float64Array.of(distance(errors, weights, ps[0]!));
  const all = allDistances(errors, weights);
  return ps === allFiniteP ? all : Float64Array.from(ps, (p) => all[p]!);
}

function distance(errors: Float64Array, weights: Float64Array, p: PIndex): number {
  let sum = 0;
  for (let i = 0; i < errors.length; i++) sum += weights[i]! * power(Math.min(errors[i]!, 1), p);
  return sum;
}

/** Returns e to the p at that position in `pValues`, as `allDistances` has it. */
function power(e: number, p: PIndex): number {
  const square = e * e;
  switch (p) {
    case 0:
      return e;
    case 1:
      return e * Math.sqrt(e);
    case 2:
      return square;
    case 3:
      return square * rootOf(e);
    case 4:
      return square * e;
    case 5:
      return square * square;
    default:
      return square * square * square;
  }
}

/** Returns e^0.4, interpolated. */
function rootOf(e: number): number {
  const position = e * 8192;
  const index = Math.floor(position);
  const low = fractionalPower[index]!;
  return low + (position - index) * (fractionalPower[index + 1]! - low);
}

/** All powers of an error in one go, which share most of their factors. */
function allDistances(errors: Float64Array, weights: Float64Array): Float64Array {
  // In locals: added up in an array, they take twice the time.
  let [p1, p15, p2, p24, p3, p4, p6] = [0, 0, 0, 0, 0, 0, 0];
  for (let i = 0; i < errors.length; i++) {
    const weight = weights[i]!;
    const e = Math.min(errors[i]!, 1);
    const square = e * e;
    p1 += weight * e;
    p15 += weight * (e * Math.sqrt(e));
    p2 += weight * square;
    p24 += weight * (square * rootOf(e));
    p3 += weight * (square * e);
    p4 += weight * (square * square);
    p6 += weight * (square * square * square);
  }
  return Float64Array.of(p1, p15, p2, p24, p3, p4, p6);
}
