import type { Box } from '../../runtime/detector/detection.js';
import { AgentError } from '../../runtime/errors.js';
import type { RankedCategory, RankedDetections } from './accumulate.js';
import { type AreaName, areaRanges, iouThresholds, maxDetections } from './cocoProtocol.js';
import type { GroundTruth, TruthBox } from './groundTruth.js';
import { type ImageMatches, type ImagePair, matchImage, outcome, overlaps } from './matching.js';

/** A detection as an evaluation sees it: with ids of the annotation file. */
export interface CocoDetection {
  readonly imageId: number;
  readonly categoryId: number;
  readonly score: number;
  readonly box: Box;
}

/** What an evaluation is limited to; absent means everything. */
export interface EvaluationScope {
  /** Others are left out, their truth too. */
  readonly imageIds?: readonly number[];
  /** Others are left out, their truth too. */
  readonly categoryIds?: readonly number[];
}

export interface CategoryMatches {
  readonly categoryId: number;
  readonly byArea: { readonly [area in AreaName]?: RankedCategory };
}

/**
 * Returns, for each category of the scope by rising id, its detections ranked over all images and matched
 * within each of `areas`. Equal scores rank by rising image id, then in the order given; a score that is
 * NaN ranks last.
 *
 * @throws AgentError `annotations_invalid` when a detection names an image that the ground truth does not
 * list
 */
export function matchCategories(
  truth: GroundTruth,
  detections: readonly CocoDetection[],
  { areas, imageIds, categoryIds }: EvaluationScope & { readonly areas: readonly AreaName[] },
): readonly CategoryMatches[] {
  const inScope = imageIds && new Set(imageIds);
  const listed = truth.images.map(({ id }) => id).sort((a, b) => a - b);
  const known = new Set(listed);
  const stray = detections.find(({ imageId }) => !known.has(imageId));
  if (stray) {
    throw new AgentError(
      'annotations_invalid',
      `expected detections of the ${listed.length} annotated images, got one of image ${stray.imageId}`,
      { detail: { got: stray.imageId } },
    );
  }
  const images = listed.filter((id) => inScope?.has(id) ?? true);
  const imageIndex = new Map(images.map((id, index) => [id, index]));
  const categories = truth.categories.map(({ id }) => id).filter((id) => categoryIds?.includes(id) ?? true);
  const groups = new Map(categories.map((id) => [id, new Map<number, ImageGroup>()]));

  const groupOf = ({ imageId, categoryId }: { imageId: number; categoryId: number }) => {
    const image = imageIndex.get(imageId);
    const ofCategory = groups.get(categoryId);
    if (image === undefined || ofCategory === undefined) return undefined;
    const group = ofCategory.get(image) ?? { image, detections: [], truth: [] };
    ofCategory.set(image, group);
    return group;
  };
  for (const box of truth.boxes) groupOf(box)?.truth.push(box);
  for (const detection of detections) groupOf(detection)?.detections.push(detection);

  return categories
    .sort((a, b) => a - b)
    .map((categoryId) => {
      const ofCategory = [...groups.get(categoryId)!.values()].sort((a, b) => a.image - b.image);
      return { categoryId, byArea: rank(ofCategory, areas) };
    });
}

/** Everything of one category on one image. */
interface ImageGroup {
  /** Index of the image. */
  readonly image: number;
  readonly detections: CocoDetection[];
  readonly truth: TruthBox[];
}

function rank(groups: readonly ImageGroup[], areas: readonly AreaName[]): CategoryMatches['byArea'] {
  const perImage = groups.map(({ image, detections, truth }) => {
    const best = byFallingScore(detections.map(({ score }) => score))
      .slice(0, maxDetections)
      .map((index) => detections[index]!);
    const pair = imagePair(best, truth);
    return { image, best, pair, ious: overlaps(pair) };
  });
  const order = byFallingScore(perImage.flatMap(({ best }) => best.map(({ score }) => score)));
  const image = perImage.flatMap(({ image, best }) => best.map(() => image));
  const placeInImage = perImage.flatMap(({ best }) => [...best.keys()]);

  const rankArea = (area: AreaName): RankedCategory => {
    const matches = perImage.map(({ pair, ious }) => matchImage(pair, ious, areaRanges[area]));
    const countedImages = matches.flatMap(({ numCounted }, index) =>
      Array<number>(numCounted).fill(perImage[index]!.image),
    );
    const levels = iouThresholds.map((_, level) =>
      rankLevel(outcomesAt(level, matches, order.length), { order, image, placeInImage }),
    );
    return { truthImage: Int32Array.from(countedImages), levels };
  };
  return Object.fromEntries(areas.map((area) => [area, rankArea(area)]));
}

/** Puts outcomes, image after image, into the order of scores. */
function rankLevel(
  outcomes: Uint8Array,
  { order, image, placeInImage }: { readonly [key in 'order' | 'image' | 'placeInImage']: readonly number[] },
): RankedDetections {
  const hitImage: number[] = [];
  const hitPlace: number[] = [];
  const missesBefore: number[] = [];
  const missImage: number[] = [];
  for (const index of order) {
    if (outcomes[index] === outcome.falsePositive) missImage.push(image[index]!);
    if (outcomes[index] !== outcome.truePositive) continue;
    hitImage.push(image[index]!);
    hitPlace.push(placeInImage[index]!);
    missesBefore.push(missImage.length);
  }
  return {
    hitImage: Int32Array.from(hitImage),
    hitPlace: Uint8Array.from(hitPlace),
    missesBefore: Int32Array.from(missesBefore),
    missImage: Int32Array.from(missImage.slice(0, missesBefore.at(-1) ?? 0)),
  };
}

/** Returns the outcomes at one IoU threshold, image after image. */
function outcomesAt(level: number, matches: readonly ImageMatches[], numDetections: number): Uint8Array {
  const all = new Uint8Array(numDetections);
  let at = 0;
  for (const { outcomes } of matches) {
    const count = outcomes.length / iouThresholds.length;
    all.set(outcomes.subarray(level * count, (level + 1) * count), at);
    at += count;
  }
  return all;
}

/**
 * Returns the indices of `scores` from the highest to the lowest; equal ones keep their order, NaN comes
 * last.
 */
function byFallingScore(scores: readonly number[]): number[] {
  const rankable = scores.map((score) => (Number.isNaN(score) ? -Infinity : score));
  return [...rankable.keys()].sort((a, b) => rankable[b]! - rankable[a]! || a - b);
}

function imagePair(detections: readonly CocoDetection[], truth: readonly TruthBox[]): ImagePair {
  return {
    detections: Float64Array.from(
      detections.flatMap(({ box: [x1, y1, x2, y2] }) => [x1, y1, x2 - x1, y2 - y1]),
    ),
    truth: Float64Array.from(truth.flatMap(({ bbox }) => bbox)),
    truthArea: Float64Array.from(truth, ({ area }) => area),
    crowd: Uint8Array.from(truth, ({ crowd }) => Number(crowd)),
  };
}
