import { iouAt } from './iou.js';

/** Boxes with a score and a class each. */
export interface ScoredBoxes {
  readonly count: number;
  /** `[count]` */
  readonly scores: Float32Array;
  /** `[count]` */
  readonly classIds: ArrayLike<number>;
  /** `[count, 4]`, each `[x1, y1, x2, y2]` */
  readonly boxes: Float32Array;
}

export interface NmsOptions {
  /** A box is dropped when its IoU with a better one is greater than this. */
  readonly iouThreshold: number;
  readonly maxDetections: number;
  /** Whether only boxes of the same class compete. */
  readonly classAware: boolean;
}

/**
 * Returns the indices of the boxes that greedy non-maximum suppression keeps, best first.
 *
 * Boxes are visited by falling score, equal scores by rising index; each is kept unless it overlaps one that is
 * kept already. Visiting all classes in one order lets it stop at `maxDetections`, so the cost is at most
 * `count * maxDetections` overlaps, and the result is the one of suppressing class by class.
 */
export function nms(candidates: ScoredBoxes, options: NmsOptions): number[] {
  const { boxes, classIds } = candidates;
  const kept: number[] = [];
  for (const index of byScore(candidates)) {
    if (kept.length === options.maxDetections) break;
    const suppressed = kept.some(
      (better) =>
        (!options.classAware || classIds[better] === classIds[index]) &&
        iouAt(boxes, better, index) > options.iouThreshold,
    );
    if (!suppressed) kept.push(index);
  }
  return kept;
}

function byScore({ count, scores }: ScoredBoxes): Uint32Array {
  const order = Uint32Array.from({ length: count }, (_, index) => index);
  return order.sort((a, b) => scores[b]! - scores[a]! || a - b);
}
