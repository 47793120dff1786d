import type { Box } from '../../runtime/detector/detection.js';
import { AgentError } from '../../runtime/errors.js';
import type { RankedOutcomes } from './accumulate.js';
import { type AreaName, areaRanges, iouThresholds, maxDetections } from './cocoProtocol.js';
import type { GroundTruth, TruthBox } from './groundTruth.js';
import { type ImagePair, matchImage, overlaps } from './matching.js';

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
  readonly byArea: { readonly [area in AreaName]?: RankedOutcomes };
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

  const byArea: { [area in AreaName]?: RankedOutcomes } = {};
  for (const area of areas) {
    const matches = perImage.map(({ pair, ious }) => matchImage(pair, ious, areaRanges[area]));
    const outcomes = new Uint8Array(iouThresholds.length * order.length);
    for (const level of iouThresholds.keys()) {
      const row = new Uint8Array(order.length);
      let at = 0;
      for (const [index, { best }] of perImage.entries()) {
        const from = level * best.length;
        row.set(matches[index]!.outcomes.subarray(from, from + best.length), at);
        at += best.length;
      }
      outcomes.set(
        order.map((index) => row[index]!),
        level * order.length,
      );
    }
    byArea[area] = {
      image: Int32Array.from(order, (index) => image[index]!),
      placeInImage: Uint8Array.from(order, (index) => placeInImage[index]!),
      outcomes,
      truthImage: Int32Array.from(
        matches.flatMap(({ numCounted }, index) => Array<number>(numCounted).fill(perImage[index]!.image)),
      ),
    };
  }
  return byArea;
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
