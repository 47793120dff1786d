import { fakeQuantize, type QuantParams } from '../../runtime/quantParams.js';
import type { Activation } from './activationGrid.js';
import type { ValueDistribution } from './histogram.js';

/** Mean squares of a tensor's values and of what quantizing changes about them. */
export interface Powers {
  readonly signal: number;
  readonly noise: number;
}

/**
 * Returns the powers behind an activation f of values that lie on `grid`: `signal = mean f(x)^2`, `noise = mean (f(x) -
 * f(x^))^2`.
 *
 * @param activation default: identity
 */
export function powersBehind(
  { centers, weights }: ValueDistribution,
  grid: QuantParams,
  activation: Activation = (x) => x,
): Powers {
  let signal = 0;
  let noise = 0;
  for (const [i, center] of centers.entries()) {
    const value = activation(center);
    const error = value - activation(fakeQuantize(center, grid));
    signal += weights[i]! * value * value;
    noise += weights[i]! * error * error;
  }
  return { signal, noise };
}

/**
 * Returns the ratio of two powers in decibels, `10 log10(power / reference)`: infinity over nothing, minus infinity for
 * nothing over anything, 0 for nothing over nothing.
 */
export function decibels(power: number, reference: number): number {
  return power === reference ? 0 : 10 * Math.log10(power / reference);
}
