import { createRandom, type Random } from '../random.js';
import { percentile } from './percentile.js';

/** Which images are drawn: equal options give equal draws, so that two figures of the same images are paired. */
export interface Resampling {
  readonly numImages: number;
  /** At least 1; default 1000. */
  readonly resamples?: number;
  /** Default 0. */
  readonly seed?: number;
}

/** A figure over a set of images, and what it would be on other draws of these images. */
export interface Resampled {
  /** On the images as they are. */
  readonly value: number;
  /** `[resamples]` */
  readonly drawn: Float64Array;
}

export interface Interval {
  readonly low: number;
  readonly high: number;
}

/**
 * Returns each figure on the images as they are and on draws of as many images with replacement. Deterministic by
 * `seed`.
 *
 * @param figuresOf the images, each counted as often as its weight says; absent: once
 */
export function resampleImages<Name extends string>(
  figuresOf: (imageWeights?: Uint16Array) => Readonly<Record<Name, number>>,
  { numImages, resamples = 1000, seed = 0 }: Resampling,
): Record<Name, Resampled> {
  const random = createRandom(seed);
  const values = figuresOf();
  const names = Object.keys(values) as Name[];
  const drawn = names.map(() => new Float64Array(resamples));
  for (let draw = 0; draw < resamples; draw++) {
    const figures = figuresOf(drawWeights(numImages, random));
    for (const [index, name] of names.entries()) drawn[index]![draw] = figures[name];
  }
  const resampled = names.map((name, index) => [name, { value: values[name], drawn: drawn[index]! }]);
  return Object.fromEntries(resampled) as Record<Name, Resampled>;
}

/** Returns `candidate` - `baseline`, draw by draw; both were resampled alike. */
export function pairedResamples(candidate: Resampled, baseline: Resampled): Resampled {
  return {
    value: candidate.value - baseline.value,
    drawn: candidate.drawn.map((value, draw) => value - baseline.drawn[draw]!),
  };
}

/** Returns how far the mean over the draws is from the figure itself. */
export function biasOf({ value, drawn }: Resampled): number {
  return meanOf(drawn) - value;
}

/**
 * Returns the 95 % interval: from the 2.5th to the 97.5th percentile of the draws, less their bias. It covers the
 * choice of images, nothing else, and has no width when there is only one.
 */
export function interval95(resampled: Resampled): Interval {
  const bias = biasOf(resampled);
  const { drawn } = resampled;
  return { low: percentile(drawn, 0.025) - bias, high: percentile(drawn, 0.975) - bias };
}

/** Returns the standard deviation of the draws, which estimates the figure's standard error. */
export function standardErrorOf({ drawn }: Resampled): number {
  const mean = meanOf(drawn);
  const sumOfSquares = drawn.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return Math.sqrt(sumOfSquares / Math.max(1, drawn.length - 1));
}

/** Returns how often each image appears among as many draws with replacement as there are images. */
function drawWeights(numImages: number, random: Random): Uint16Array {
  const weights = new Uint16Array(numImages);
  for (let draw = 0; draw < numImages; draw++) weights[random.below(numImages)]! += 1;
  return weights;
}

function meanOf(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
