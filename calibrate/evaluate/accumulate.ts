import { iouThresholds, maxDetections, recallThresholds } from './cocoProtocol.js';
import { outcome } from './matching.js';

/**
 * The detections of one category over all images, by falling score, with their outcomes in one area range.
 */
export interface RankedOutcomes {
  /** `[numDetections]`: index of each detection's image. */
  readonly image: Int32Array;
  /** `[numDetections]`: place of each detection among those of its image and category, from 0. */
  readonly placeInImage: Uint8Array;
  /** `[numThresholds, numDetections]`, values of `outcome`. */
  readonly outcomes: Uint8Array;
  /** Index of the image of every truth box that counts. */
  readonly truthImage: Int32Array;
}

/**
 * Returns the mean over the 101 recall thresholds of the interpolated precision, at one IoU threshold; -1
 * when no truth box counts.
 *
 * @param level index of the IoU threshold
 * @param imageWeights how often each image is counted; absent: once. A weighted image equals that many
 * copies of it.
 */
export function averagePrecision(ranked: RankedOutcomes, level: number, imageWeights?: Uint16Array): number {
  const { image, outcomes } = ranked;
  const numTruth = countTruth(ranked, imageWeights);
  if (numTruth === 0) return -1;
  const row = outcomes.subarray(level * image.length, (level + 1) * image.length);

  let hits = 0;
  let misses = 0;
  for (let d = 0; d < row.length; d++) {
    const weight = imageWeights === undefined ? 1 : imageWeights[image[d]!]!;
    if (row[d] === outcome.truePositive) hits += weight;
    else if (row[d] === outcome.falsePositive) misses += weight;
  }

  // From the lowest score up, so that `envelope` is the best precision at this recall or any higher one. Only a hit
  // raises recall, hence only hits own recall thresholds: those above the recall before them.
  let next = recallThresholds.length - 1;
  while (next >= 0 && recallThresholds[next]! > hits / numTruth) next--;
  let envelope = 0;
  let sum = 0;
  for (let d = row.length - 1; d >= 0 && next >= 0; d--) {
    const weight = imageWeights === undefined ? 1 : imageWeights[image[d]!]!;
    if (weight === 0) continue;
    if (row[d] === outcome.falsePositive) misses -= weight;
    if (row[d] !== outcome.truePositive) continue;
    envelope = Math.max(envelope, hits / (misses + hits + Number.EPSILON));
    hits -= weight;
    for (; next >= 0 && recallThresholds[next]! > hits / numTruth; next--) sum += envelope;
  }
  // What is left is recall 0, which the first detection has whatever its outcome.
  return (sum + envelope * (next + 1)) / recallThresholds.length;
}

/**
 * Returns the mean over the ten IoU thresholds of the recall with the `perImage` best detections of each
 * image; -1 when no truth box counts.
 */
export function averageRecall(ranked: RankedOutcomes, perImage: number = maxDetections): number {
  const { image, placeInImage, outcomes } = ranked;
  const numTruth = countTruth(ranked);
  if (numTruth === 0) return -1;
  let hits = 0;
  for (let index = 0; index < outcomes.length; index++) {
    if (outcomes[index] === outcome.truePositive && placeInImage[index % image.length]! < perImage) hits++;
  }
  return hits / numTruth / iouThresholds.length;
}

/** Returns the mean of the values that exist (are not -1), or -1 when none does. */
export function meanOfPresent(values: readonly number[]): number {
  const present = values.filter((value) => value !== -1);
  return present.length === 0 ? -1 : present.reduce((sum, value) => sum + value, 0) / present.length;
}

function countTruth({ truthImage }: RankedOutcomes, imageWeights?: Uint16Array): number {
  if (imageWeights === undefined) return truthImage.length;
  return truthImage.reduce((count, image) => count + imageWeights[image]!, 0);
}
