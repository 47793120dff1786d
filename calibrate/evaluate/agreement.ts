import type { Detection } from '../../runtime/detector/detection.js';
import { AgentError } from '../../runtime/errors.js';
import { averagePrecisions, meanOfPresent, type RankedCategory } from './accumulate.js';
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
  /** Of the reference, as a count: what all these figures rest on. */
  readonly detections: number;
  /** Images. */
  readonly n: number;
}

export interface AgreementOptions {
  readonly numClasses: number;
  /** The score from which detections are used where the model is deployed. Default 0.3. */
  readonly scoreThreshold?: number;
}

/** A candidate's detections matched with the reference's: all that `agreementFigures` needs, a few bytes for each. */
export interface AgreementMatches {
  /** Of the classes that have truth. */
  readonly ranked: readonly RankedCategory[];
  readonly images: readonly ImagePairs[];
}

/** The detections of one image at the deployed threshold. */
interface ImagePairs {
  readonly pairs: number;
  readonly lost: number;
  readonly ghosts: number;
  /** Over the pairs. */
  readonly sumOfIous: number;
  /** Of candidate score - reference score over the pairs. */
  readonly sumOfShifts: number;
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
  options: AgreementOptions,
): Agreement {
  return agreementFigures(matchAgreement(reference, candidate, options));
}

/** Returns the matches that `agreement` makes its figures of. */
export function matchAgreement(
  reference: readonly (readonly Detection[])[],
  candidate: readonly (readonly Detection[])[],
  { numClasses, scoreThreshold = referenceScore }: AgreementOptions,
): AgreementMatches {
  if (reference.length !== candidate.length) {
    throw new AgentError(
      'internal',
      `expected as many candidate images as reference images (${reference.length}), got ${candidate.length}`,
    );
  }
  return {
    ranked: rankAgainst(reference, candidate, numClasses),
    images: reference.map((image, index) => pairsOf(image, candidate[index]!, scoreThreshold)),
  };
}

/** @param imageWeights how often each image is counted; absent: once */
export function agreementFigures(
  { ranked, images }: AgreementMatches,
  imageWeights?: Uint16Array,
): Agreement {
  const total = (figure: keyof ImagePairs) =>
    images.reduce((sum, image, index) => sum + image[figure] * (imageWeights?.[index] ?? 1), 0);
  const pairs = total('pairs');
  const lost = total('lost');
  const ghosts = total('ghosts');
  const detected = 2 * pairs + lost + ghosts;
  const isSilent = pairs + ghosts === 0;
  const averageAp = meanOfPresent(ranked.flatMap((category) => averagePrecisions(category, imageWeights)));
  return {
    agreementMap: averageAp === -1 ? Number(isSilent) : averageAp,
    f1: detected === 0 ? 1 : (2 * pairs) / detected,
    lost,
    ghosts,
    meanIou: pairs === 0 ? null : total('sumOfIous') / pairs,
    scoreShift: pairs === 0 ? null : total('sumOfShifts') / pairs,
    detections: pairs + lost,
    n: images.length,
  };
}

function pairsOf(
  reference: readonly Detection[],
  candidate: readonly Detection[],
  scoreThreshold: number,
): ImagePairs {
  const isDeployed = ({ score }: Detection) => score >= scoreThreshold;
  const [expected, found] = [reference.filter(isDeployed), candidate.filter(isDeployed)];
  const pairs = pairDetections(expected, found);
  return {
    pairs: pairs.length,
    lost: expected.length - pairs.length,
    ghosts: found.length - pairs.length,
    sumOfIous: pairs.reduce((sum, { iou }) => sum + iou, 0),
    sumOfShifts: pairs.reduce((sum, pair) => sum + pair.candidate.score - pair.reference.score, 0),
  };
}

/** Returns the candidate's detections of each class that has truth, ranked with `reference` as truth. */
function rankAgainst(
  reference: readonly (readonly Detection[])[],
  candidate: readonly (readonly Detection[])[],
  numClasses: number,
): RankedCategory[] {
  const detections: CocoDetection[] = candidate.flatMap((image, imageId) =>
    image.map(({ classId, score, box }) => ({ imageId, categoryId: classId, score, box })),
  );
  return matchCategories(referenceTruth(reference, numClasses), detections, { areas: ['all'] })
    .map(({ byArea }) => byArea.all!)
    .filter(({ truthImage }) => truthImage.length > 0);
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
