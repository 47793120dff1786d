import type { Detection } from '../../runtime/detector/detection.js';
import { AgentError } from '../../runtime/errors.js';
import { averagePrecisions, meanOfPresent } from './accumulate.js';
import type { GroundTruth } from './groundTruth.js';
import { type CocoDetection, matchCategories } from './matchCategories.js';
import { pairDetections } from './pairDetections.js';

/** Reference detections from this score on are the truth of the agreement mAP. */
const referenceScore = 0.3;
/**
 * Reference detections from this score on, up to `referenceScore`, are regions in which nothing is judged.
 */
export const ignoredScore = 0.05;

export interface Agreement {
  /** COCO's AP (.50:.95) of the candidate with the reference as truth, 0..1. */
  readonly agreementMap: number;
  /** Of the pairs at the deployed threshold, 0..1; 1 when neither side detects anything. */
  readonly f1: number;
  /** Reference detections without a partner, as a count. */
  readonly lost: number;
  /** Candidate detections without a partner, as a count. */
  readonly ghosts: number;
  /** Over the pairs; null when there is none. */
  readonly meanIou: number | null;
  /** Mean of candidate score - reference score over the pairs; null when there is none. */
  readonly scoreShift: number | null;
  /** Images. */
  readonly n: number;
}

export interface AgreementOptions {
  readonly numClasses: number;
  /** The score from which detections are used where the model is deployed. Default 0.3. */
  readonly scoreThreshold?: number;
}

/**
 * Returns how far the detections of `candidate` agree with those of `reference`, the float network, image
 * by image. Both are lists after NMS, down to a score of 0.05 or lower.
 *
 * `agreementMap` is the COCO protocol with reference detections of score >= 0.3 as truth and those in
 * [0.05, 0.3) as crowd regions, averaged over the classes that have truth. When no class has, it is 1 if
 * the candidate is silent too (at `scoreThreshold`), else 0. It is not an mAP: it knows nothing of labels.
 *
 * The other figures take both sides from `scoreThreshold` on and pair them greedily by falling candidate
 * score, within a class, at IoU >= 0.5.
 *
 * @param reference `[image][detection]`
 * @param candidate `[image][detection]`, as many images
 */
export function agreement(
  reference: readonly (readonly Detection[])[],
  candidate: readonly (readonly Detection[])[],
  { numClasses, scoreThreshold = referenceScore }: AgreementOptions,
): Agreement {
  if (reference.length !== candidate.length) {
    throw new AgentError(
      'internal',
      `expected as many candidate images as reference images (${reference.length}), got ${candidate.length}`,
    );
  }
  const deployed = (side: readonly (readonly Detection[])[]) =>
    side.map((image) => image.filter(({ score }) => score >= scoreThreshold));
  const deployedReference = deployed(reference);
  const deployedCandidate = deployed(candidate);
  const pairs = deployedReference.flatMap((image, index) => pairDetections(image, deployedCandidate[index]!));
  const numReference = deployedReference.flat().length;
  const numCandidate = deployedCandidate.flat().length;

  const averageAp = referenceAp(reference, candidate, numClasses);
  return {
    agreementMap: averageAp ?? (numCandidate === 0 ? 1 : 0),
    f1: numReference + numCandidate === 0 ? 1 : (2 * pairs.length) / (numReference + numCandidate),
    lost: numReference - pairs.length,
    ghosts: numCandidate - pairs.length,
    meanIou: meanOrNull(pairs.map(({ iou }) => iou)),
    scoreShift: meanOrNull(pairs.map((pair) => pair.candidate.score - pair.reference.score)),
    n: reference.length,
  };
}

/** Returns COCO's AP with `reference` as truth, or undefined when that holds no truth. */
function referenceAp(
  reference: readonly (readonly Detection[])[],
  candidate: readonly (readonly Detection[])[],
  numClasses: number,
): number | undefined {
  const detections: CocoDetection[] = candidate.flatMap((image, imageId) =>
    image.map(({ classId, score, box }) => ({ imageId, categoryId: classId, score, box })),
  );
  const categories = matchCategories(referenceTruth(reference, numClasses), detections, { areas: ['all'] });
  const precisions = categories.flatMap(({ byArea }) => averagePrecisions(byArea.all!));
  const mean = meanOfPresent(precisions);
  return mean === -1 ? undefined : mean;
}

function referenceTruth(reference: readonly (readonly Detection[])[], numClasses: number): GroundTruth {
  return {
    images: reference.map((_, id) => ({ id, fileName: String(id) })),
    categories: Array.from({ length: numClasses }, (_, id) => ({ id, name: String(id) })),
    boxes: reference.flatMap((image, imageId) =>
      image
        .filter(({ score }) => score >= ignoredScore)
        .map(({ classId, score, box: [x1, y1, x2, y2] }) => ({
          imageId,
          categoryId: classId,
          bbox: [x1, y1, x2 - x1, y2 - y1] as const,
          area: (x2 - x1) * (y2 - y1),
          crowd: score < referenceScore,
        })),
    ),
  };
}

function meanOrNull(values: readonly number[]): number | null {
  return values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length;
}
