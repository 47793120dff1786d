import type { Detection } from '../../runtime/detector/detection.js';
import { iou } from '../../runtime/detector/iou.js';

export interface DetectionPair {
  readonly reference: Detection;
  readonly candidate: Detection;
  readonly iou: number;
}

/**
 * Returns the pairs of one image's detections that mean the same object: candidates choose by falling score
 * (equal ones in the order given) the free reference detection of their class with the largest IoU (the
 * first of equals), if that is at least `iouThreshold`.
 */
export function pairDetections(
  reference: readonly Detection[],
  candidate: readonly Detection[],
  iouThreshold = 0.5,
): DetectionPair[] {
  const free = new Set(reference);
  const pairs: DetectionPair[] = [];
  for (const chooser of [...candidate].sort((a, b) => b.score - a.score)) {
    let best: DetectionPair | undefined;
    for (const other of free) {
      if (other.classId !== chooser.classId) continue;
      const overlap = iou(other.box, chooser.box);
      if (overlap < iouThreshold || overlap <= (best?.iou ?? 0)) continue;
      best = { reference: other, candidate: chooser, iou: overlap };
    }
    if (best === undefined) continue;
    free.delete(best.reference);
    pairs.push(best);
  }
  return pairs;
}
