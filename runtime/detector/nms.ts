import { iouAt } from './iou.js';

/** Boxes with a score and a class each. */
export interface ScoredBoxes {
  readonly count: number;
  /** `[count]`, none negative or NaN */
  readonly scores: Float32Array;
  /** `[count]` */
  readonly classIds: Uint16Array;
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
 * Boxes are visited by falling score, equal scores by rising index; each is kept unless it has no area or overlaps
 * one that is kept already. Visiting all classes in one order lets it stop at `maxDetections`, so the cost is at most
 * `count * maxDetections` overlaps, and the result is the one of suppressing class by class.
 */
export function nms(candidates: ScoredBoxes, options: NmsOptions): number[] {
  const { boxes, classIds } = candidates;
  const { iouThreshold, maxDetections, classAware } = options;
  const kept: number[] = [];
  for (const index of byScore(candidates)) {
    if (kept.length === maxDetections) break;
    let suppressed = !hasArea(boxes, index);
    for (let k = 0; k < kept.length && !suppressed; k++) {
      const better = kept[k]!;
      if (classAware && classIds[better] !== classIds[index]) continue;
      suppressed = iouAt(boxes, better, index) > iouThreshold;
    }
    if (!suppressed) kept.push(index);
  }
  return kept;
}

/** False for NaN too. */
function hasArea(boxes: Float32Array, index: number): boolean {
  return boxes[4 * index + 2]! > boxes[4 * index]! && boxes[4 * index + 3]! > boxes[4 * index + 1]!;
}

/**
 * Returns the indices by falling score, equal scores by rising index. The bits of positive floats order as the
 * floats do, so (score, index) packs into one number, 32 + 21 bits, which sorts natively, several times faster
 * than with a comparator.
 */
function byScore({ count, scores }: ScoredBoxes): Uint32Array {
  const indexSpan = 2 ** 21;
  const bits = new Int32Array(scores.buffer, scores.byteOffset, count);
  const keys = new Float64Array(count);
  for (let i = 0; i < count; i++) keys[i] = i - bits[i]! * indexSpan;
  keys.sort();
  return Uint32Array.from(keys, (key) => ((key % indexSpan) + indexSpan) % indexSpan);
}
