import type { Detection } from '../detector/detection.js';
import { iou } from '../detector/iou.js';

interface MatchTolerance {
  readonly minIou: number;
  readonly maxScoreShift: number;
}

export interface MatchInput {
  readonly from: readonly Detection[];
  readonly to: readonly Detection[];
  readonly confidentScore: number;
  readonly tolerance: MatchTolerance;
}

/**
 * Returns how many detections of `from` are confident, and how many of these find a partner in `to`. Each
 * detection of `to`, confident or not, is a partner once; the most confident choose first, and choose the
 * greatest overlap, at equal overlap the earlier one.
 */
export function countMatches(input: MatchInput): { readonly confident: number; readonly matched: number } {
  const confident = input.from
    .filter(({ score }) => score >= input.confidentScore)
    .toSorted((a, b) => b.score - a.score);
  const free = new Set(input.to);
  let matched = 0;
  for (const detection of confident) {
    const partner = bestPartner(detection, free, input.tolerance);
    if (partner === null) continue;
    free.delete(partner);
    matched += 1;
  }
  return { confident: confident.length, matched };
}

function bestPartner(
  detection: Detection,
  free: ReadonlySet<Detection>,
  { minIou, maxScoreShift }: MatchTolerance,
): Detection | null {
  let best: Detection | null = null;
  let bestIou = 0;
  for (const candidate of free) {
    if (candidate.classId !== detection.classId) continue;
    if (Math.abs(candidate.score - detection.score) > maxScoreShift) continue;
    const overlap = iou(candidate.box, detection.box);
    if (overlap < minIou || overlap <= bestIou) continue;
    best = candidate;
    bestIou = overlap;
  }
  return best;
}
