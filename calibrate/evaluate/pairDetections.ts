import type { Box, Detection } from '../../runtime/detector/detection.js';

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
      const iou = intersectionOverUnion(other.box, chooser.box);
      if (iou >= iouThreshold && iou > (best?.iou ?? 0)) best = { reference: other, candidate: chooser, iou };
    }
    if (best === undefined) continue;
    free.delete(best.reference);
    pairs.push(best);
  }
  return pairs;
}

/** Returns 0 for boxes without area. */
function intersectionOverUnion(a: Box, b: Box): number {
  const width = Math.min(a[2], b[2]) - Math.max(a[0], b[0]);
  const height = Math.min(a[3], b[3]) - Math.max(a[1], b[1]);
  if (width <= 0 || height <= 0) return 0;
  const intersection = width * height;
  return intersection / (areaOf(a) + areaOf(b) - intersection);
}

function areaOf([x1, y1, x2, y2]: Box): number {
  return (x2 - x1) * (y2 - y1);
}
