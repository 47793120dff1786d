/** What is done to a value that a network leaves raw. */
export const activations = { none: identity, sigmoid } as const;

export type RawActivation = keyof typeof activations;

/** Returns 1 / (1 + exp(-x)), 0..1; NaN for NaN. */
export function sigmoid(x: number): number {
  return 1 / (1 + Math.exp(-x));
}

export function identity(x: number): number {
  return x;
}
