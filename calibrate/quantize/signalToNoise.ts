import { fakeQuantize, type QuantParams } from '../../runtime/quantParams.js';
import type { Activation } from './activationGrid.js';
import type { ValueDistribution } from './histogram.js';

/**
 * Returns the ratio of signal to quantization noise of a grid in decibels, `10 log10(mean f(x)^2 / mean (f(x) -
 * f(x^))^2)` with f the activation behind the grid; infinity where there is no noise.
 *
 * @param activation default: identity
 */
export function signalToNoiseDb(
  { centers, weights }: ValueDistribution,
  grid: QuantParams,
  activation: Activation = (x) => x,
): number {
  let signal = 0;
  let noise = 0;
  for (const [i, center] of centers.entries()) {
    const value = activation(center);
    const error = value - activation(fakeQuantize(center, grid));
    signal += weights[i]! * value * value;
    noise += weights[i]! * error * error;
  }
  return noise === 0 ? Number.POSITIVE_INFINITY : 10 * Math.log10(signal / noise);
}
