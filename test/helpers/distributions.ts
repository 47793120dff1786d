import {
  GrowingHistogram,
  mergeDistributions,
  type ValueDistribution,
} from '../../calibrate/quantize/histogram.js';
import { seededRandom } from './random.js';

/** Returns `count` values of the normal distribution with deviation 1 (Box-Muller), the same for the same seed. */
export function gaussian(count: number, seed: number): Float32Array {
  const random = seededRandom(seed);
  return Float32Array.from(
    { length: count },
    () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random()),
  );
}

/** Returns `count` values of the Laplace distribution with scale 1: heavy tails, as activations have. */
export function laplacian(count: number, seed: number): Float32Array {
  const random = seededRandom(seed);
  return Float32Array.from({ length: count }, () => {
    const u = random() - 0.5;
    return -Math.sign(u) * Math.log(1 - 2 * Math.abs(u) + 1e-12);
  });
}

/** Returns the distribution that observation would have made of these values. */
export function distributionOf(values: Float32Array): ValueDistribution {
  const histogram = new GrowingHistogram();
  histogram.add(values);
  return mergeDistributions([histogram]);
}
