/**
 * Functions whose results are the same bits on every machine. They use only + - * / and the square root, which
 * IEEE 754 fixes; `Math.sin`, `Math.exp` and `Math.pow` may differ from one JavaScript engine to the next.
 */

/** Returns `value`, held to 0..1. */
export function clamp01(value: number): number {
  return Math.min(1, Math.max(0, value));
}

/** Returns a + (b - a) * share. */
export function mix(a: number, b: number, share: number): number {
  return a + (b - a) * share;
}

/** Returns 0 up to `from`, 1 from `to` on, and a cubic without a kink between. */
export function smoothstep(from: number, to: number, value: number): number {
  const share = clamp01((value - from) / (to - from));
  return share * share * (3 - 2 * share);
}

/** Returns the distance of `value` to the nearest whole number, 0..0.5. */
export function distanceToWhole(value: number): number {
  const fraction = value - Math.floor(value);
  return fraction < 0.5 ? fraction : 1 - fraction;
}

/** Returns the sine of an angle in turns (1 is the full circle), within 1e-7: Taylor's series to the 11th power. */
export function sineOfTurns(turns: number): number {
  const fraction = turns - Math.floor(turns + 0.5);
  const folded = fraction > 0.25 ? 0.5 - fraction : fraction < -0.25 ? -0.5 - fraction : fraction;
  const x = folded * 6.283185307179586;
  const square = x * x;
  const inner = 1 - (square / 72) * (1 - square / 110);
  return x * (1 - (square / 6) * (1 - (square / 20) * (1 - (square / 42) * inner)));
}

/** Returns the cosine of an angle in turns. */
export function cosineOfTurns(turns: number): number {
  return sineOfTurns(turns + 0.25);
}

/**
 * Returns a stand-in for the angle of (x, y), 0..1 around the circle: monotonic, and exact at each eighth of a
 * turn. 0 for the origin.
 */
export function diamondAngle(x: number, y: number): number {
  const sum = Math.abs(x) + Math.abs(y);
  if (sum === 0) return 0;
  const quarter = y / sum / 4;
  if (x < 0) return 0.5 - quarter;
  return y < 0 ? 1 + quarter : quarter;
}
