import { maxDetections, recallThresholds } from './cocoProtocol.js';

/** One category over all images, in one area range. */
export interface RankedCategory {
  /** Index of the image of every truth box that counts. */
  readonly truthImage: Int32Array;
  /** By IoU threshold. */
  readonly levels: readonly RankedDetections[];
}

/** The detections of one category at one IoU threshold, in the order of falling score. */
export interface RankedDetections {
  /** Index of each hit's (true positive's) image. */
  readonly hitImage: Int32Array;
  /** Place of each hit among the detections of its image and category, by falling score, from 0. */
  readonly hitPlace: Uint8Array;
  /** How many misses (false positives) rank before each hit. */
  readonly missesBefore: Int32Array;
  /** Index of the image of each miss that ranks before some hit; the others influence no figure. */
  readonly missImage: Int32Array;
}

/**
 * Returns the interpolated precision at each IoU threshold, averaged over the 101 recall thresholds; -1
 * when no truth box counts.
 *
 * @param imageWeights how often each image is counted; absent: once. A weight equals that many copies of
 * the image.
 */
export function averagePrecisions(
  { truthImage, levels }: RankedCategory,
  imageWeights?: Uint16Array,
): readonly number[] {
  const numTruth =
    imageWeights === undefined
      ? truthImage.length
      : truthImage.reduce((count, image) => count + imageWeights[image]!, 0);
  if (numTruth === 0) return levels.map(() => -1);
  return levels.map((ranked) => averagePrecision(ranked, numTruth, imageWeights));
}

function averagePrecision(
  { hitImage, missesBefore, missImage }: RankedDetections,
  numTruth: number,
  imageWeights: Uint16Array | undefined,
): number {
  const missesAtHit = new Uint32Array(hitImage.length);
  let hits = 0;
  let misses = 0;
  let miss = 0;
  for (let hit = 0; hit < hitImage.length; hit++) {
    for (; miss < missesBefore[hit]!; miss++) {
      misses += imageWeights === undefined ? 1 : imageWeights[missImage[miss]!]!;
    }
    missesAtHit[hit] = misses;
    hits += imageWeights === undefined ? 1 : imageWeights[hitImage[hit]!]!;
  }

  // From the lowest score up, so that `envelope` is the best precision at this recall or any higher one. Only a hit
  // raises recall, hence each recall threshold belongs to the first hit that reaches it.
  let next = recallThresholds.length - 1;
  while (next >= 0 && recallThresholds[next]! > hits / numTruth) next--;
  let envelope = 0;
  let sum = 0;
  for (let hit = hitImage.length - 1; hit >= 0 && next >= 0; hit--) {
    const weight = imageWeights === undefined ? 1 : imageWeights[hitImage[hit]!]!;
    if (weight === 0) continue;
    envelope = Math.max(envelope, hits / (hits + missesAtHit[hit]!));
    hits -= weight;
    for (; next >= 0 && recallThresholds[next]! > hits / numTruth; next--) sum += envelope;
  }
  // What is left is recall 0, which the first detection has whether it hits or not.
  return (sum + envelope * (next + 1)) / recallThresholds.length;
}

/**
 * Returns the recall with the `perImage` best detections of each image, averaged over the IoU thresholds;
 * -1 when no truth box counts.
 */
export function averageRecall(
  { truthImage, levels }: RankedCategory,
  perImage: number = maxDetections,
): number {
  if (truthImage.length === 0) return -1;
  let hits = 0;
  for (const { hitPlace } of levels) {
    for (const place of hitPlace) if (place < perImage) hits++;
  }
  return hits / truthImage.length / levels.length;
}

/** Returns the mean of the values that exist (are not -1), or -1 when none does. */
export function meanOfPresent(values: readonly number[]): number {
  const present = values.filter((value) => value !== -1);
  return present.length === 0 ? -1 : present.reduce((sum, value) => sum + value, 0) / present.length;
}
