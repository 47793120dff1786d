import { fakeQuantize, type QuantParams } from '../../runtime/quantParams.js';
import { type Activation, identity, valuesByFunction } from './activation.js';
import type { ValueDistribution } from './histogram.js';

/** Mean squares of a tensor's values and of what quantizing changes about them. */
export interface Powers {
  readonly signal: number;
  readonly noise: number;
}

/**
 * Returns the powers behind an activation, of functions f and weight w, of values that lie on `grid`: `signal = mean (w(x)
 * f(x))^2`, `noise = mean (w(x) (f(x) - f(x^)))^2`, over values and channels.
 *
 * @param activation default: identity
 */
export function powersBehind(
  distribution: ValueDistribution,
  grid: QuantParams,
  activation: Activation = identity,
): Powers {
  const { weight = () => 1 } = activation;
  let signal = 0;
  let noise = 0;
  for (const { of, centers, weights } of valuesByFunction(activation, distribution)) {
    for (const [i, center] of centers.entries()) {
      const value = of(center);
      const error = value - of(fakeQuantize(center, grid));
      const count = weights[i]! * weight(center) ** 2;
      signal += count * value * value;
      noise += count * error * error;
    }
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
