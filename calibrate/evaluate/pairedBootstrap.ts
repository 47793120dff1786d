import { averagePrecisions, meanOfPresent, type RankedCategory } from './accumulate.js';
import {
  biasOf,
  type Interval,
  interval95,
  pairedResamples,
  resampleImages,
  standardErrorOf,
} from './bootstrap.js';
import type { GroundTruth } from './groundTruth.js';
import { type CocoDetection, type EvaluationScope, matchCategories } from './matchCategories.js';

export interface BootstrapOptions extends EvaluationScope {
  /** At least 1; default 1000. */
  readonly resamples?: number;
  /** Default 0. */
  readonly seed?: number;
}

export interface PairedDifference {
  /** AP of `candidate` - AP of `baseline` on the images as they are, -1..1. */
  readonly difference: number;
  /** Standard deviation of the resampled differences. */
  readonly standardError: number;
  /** From the 2.5th to the 97.5th percentile of the resampled differences, less `bias`. */
  readonly interval95: Interval;
  /** Mean of the resampled differences - `difference`. */
  readonly bias: number;
  /** Images. */
  readonly n: number;
  readonly resamples: number;
}

/**
 * Returns the difference in COCO's AP (.50:.95) between two sets of detections of the same images, with its
 * uncertainty: images are drawn with replacement, the same draw for both sets, and AP is accumulated anew
 * from each image's matches (a repeated image counts as that many images).
 *
 * Rare categories are absent from some draws and AP ranks detections over all images, so a draw's AP is
 * biased. Most of that leaves the difference, the rest is estimated and taken off the interval. The
 * interval covers the choice of images, not that of calibration frames. Deterministic by `seed`. All zero
 * when no truth box counts.
 */
export function pairedBootstrap(
  truth: GroundTruth,
  {
    baseline,
    candidate,
  }: { readonly baseline: readonly CocoDetection[]; readonly candidate: readonly CocoDetection[] },
  { resamples = 1000, seed = 0, ...scope }: BootstrapOptions = {},
): PairedDifference {
  const ranked = (detections: readonly CocoDetection[]) =>
    matchCategories(truth, detections, { ...scope, areas: ['all'] })
      .map(({ byArea }) => byArea.all!)
      .filter(({ truthImage }) => truthImage.length > 0);
  const numImages = truth.images.filter(({ id }) => scope.imageIds?.includes(id) ?? true).length;
  const resampled = (detections: readonly CocoDetection[]) => {
    const categories = ranked(detections);
    return resampleImages((weights) => ({ ap: meanAp(categories, weights) }), {
      numImages,
      resamples,
      seed,
    }).ap;
  };
  const difference = pairedResamples(resampled(candidate), resampled(baseline));
  return {
    difference: difference.value,
    standardError: standardErrorOf(difference),
    interval95: interval95(difference),
    bias: biasOf(difference),
    n: numImages,
    resamples,
  };
}

function meanAp(categories: readonly RankedCategory[], imageWeights?: Uint16Array): number {
  return meanOfPresent(categories.flatMap((ranked) => averagePrecisions(ranked, imageWeights)));
}
