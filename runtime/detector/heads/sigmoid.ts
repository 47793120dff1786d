/** Returns 1 / (1 + exp(-x)), 0..1; NaN for NaN. */
export function sigmoid(x: number): number {
  return 1 / (1 + Math.exp(-x));
}
