import { type AreaRange, iouThresholds } from './cocoProtocol.js';

/** What became of a detection at one IoU threshold. */
export const outcome = { falsePositive: 0, truePositive: 1, ignored: 2 } as const;

/**
 * Detections and truth of one image and one category. Boxes are `[count, 4]`: `[x, y, width, height]`,
 * pixels.
 */
export interface ImagePair {
  /** By falling score. */
  readonly detections: Float64Array;
  readonly truth: Float64Array;
  /** `[numTruth]` */
  readonly truthArea: Float64Array;
  /** `[numTruth]`, 1 for a crowd region. */
  readonly crowd: Uint8Array;
}

/**
 * Returns `[numDetections, numTruth]`: the intersection over the union, or over the detection's own area
 * where the truth is a crowd region; 0 where boxes do not overlap.
 */
export function overlaps({ detections, truth, crowd }: ImagePair): Float64Array {
  const numDetections = detections.length / 4;
  const numTruth = crowd.length;
  const result = new Float64Array(numDetections * numTruth);
  for (let d = 0; d < numDetections; d++) {
    const [x, y, width, height] = boxAt(detections, d);
    for (let t = 0; t < numTruth; t++) {
      const [truthX, truthY, truthWidth, truthHeight] = boxAt(truth, t);
      const overlapWidth = Math.min(width + x, truthWidth + truthX) - Math.max(x, truthX);
      const overlapHeight = Math.min(height + y, truthHeight + truthY) - Math.max(y, truthY);
      if (overlapWidth <= 0 || overlapHeight <= 0) continue;
      const intersection = overlapWidth * overlapHeight;
      const area = width * height;
      const union = crowd[t] === 1 ? area : area + truthWidth * truthHeight - intersection;
      result[d * numTruth + t] = intersection / union;
    }
  }
  return result;
}

export interface ImageMatches {
  /** `[numThresholds, numDetections]`, values of `outcome`. */
  readonly outcomes: Uint8Array;
  /** Truth boxes that count: neither crowd nor outside the range. */
  readonly numCounted: number;
}

/**
 * Returns each detection's outcome at each of the ten IoU thresholds, matched greedily by falling score as
 * pycocotools' `evaluateImg` does: the free truth box of the largest overlap wins, the later one of equals;
 * boxes that count before ignored ones (crowd, or area outside `range`); a crowd region takes any number of
 * detections. A detection on an ignored box is ignored, and so is an unmatched one whose area lies outside
 * `range`.
 *
 * @param ious what `overlaps` returned for the same pair
 */
export function matchImage(pair: ImagePair, ious: Float64Array, range: AreaRange): ImageMatches {
  const { detections, crowd, truthArea } = pair;
  const numDetections = detections.length / 4;
  const numTruth = crowd.length;
  const ignored = new Uint8Array(numTruth);
  for (let t = 0; t < numTruth; t++) {
    if (crowd[t] === 1 || isOutside(truthArea[t]!, range)) ignored[t] = 1;
  }
  const countedFirst = [...ignored.keys()].sort((a, b) => ignored[a]! - ignored[b]!);
  const outcomes = new Uint8Array(iouThresholds.length * numDetections);
  const taken = new Uint8Array(numTruth);

  /** Returns the truth box that detection `d` takes, or -1. */
  const bestFree = (d: number, threshold: number): number => {
    let bestIou = threshold;
    let best = -1;
    for (const t of countedFirst) {
      if (taken[t] === 1 && crowd[t] === 0) continue;
      if (best >= 0 && ignored[best] === 0 && ignored[t] === 1) break;
      const iou = ious[d * numTruth + t]!;
      if (iou < bestIou) continue;
      bestIou = iou;
      best = t;
    }
    return best;
  };
  for (const [level, threshold] of iouThresholds.entries()) {
    taken.fill(0);
    for (let d = 0; d < numDetections; d++) {
      const truth = bestFree(d, threshold);
      if (truth >= 0) taken[truth] = 1;
      const area = detections[d * 4 + 2]! * detections[d * 4 + 3]!;
      const isIgnored = truth >= 0 ? ignored[truth] === 1 : isOutside(area, range);
      const judged = truth >= 0 ? outcome.truePositive : outcome.falsePositive;
      outcomes[level * numDetections + d] = isIgnored ? outcome.ignored : judged;
    }
  }
  return { outcomes, numCounted: ignored.reduce((count, flag) => count + 1 - flag, 0) };
}

function isOutside(area: number, range: AreaRange): boolean {
  return area < range.minPixels || area > range.maxPixels;
}

function boxAt(boxes: Float64Array, index: number): readonly [number, number, number, number] {
  const at = index * 4;
  return [boxes[at]!, boxes[at + 1]!, boxes[at + 2]!, boxes[at + 3]!];
}
