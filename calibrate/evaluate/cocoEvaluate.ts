import { averagePrecisions, averageRecall, meanOfPresent } from './accumulate.js';
import { type AreaName, areaRanges, maxDetections } from './cocoProtocol.js';
import type { GroundTruth } from './groundTruth.js';
import { type CocoDetection, type EvaluationScope, matchCategories } from './matchCategories.js';

/** COCO's twelve figures, 0..1; -1 where no truth box counts for a figure. */
export interface CocoFigures {
  /** Mean over the IoU thresholds .50:.05:.95. */
  readonly AP: number;
  readonly AP50: number;
  readonly AP75: number;
  /** Area up to 32², 32² to 96², and from 96² pixels on. */
  readonly APs: number;
  readonly APm: number;
  readonly APl: number;
  /** With 1, 10 and 100 detections per image and category. */
  readonly AR1: number;
  readonly AR10: number;
  readonly AR100: number;
  readonly ARs: number;
  readonly ARm: number;
  readonly ARl: number;
}

export interface CategoryFigures {
  readonly categoryId: number;
  readonly name: string;
  readonly AP: number;
  readonly AP50: number;
  /** Truth boxes that count, all sizes. */
  readonly numTruth: number;
}

export interface CocoResult extends CocoFigures {
  /** By rising category id; AP is -1 where a category has no truth box that counts. */
  readonly perCategory: readonly CategoryFigures[];
}

const areas = Object.keys(areaRanges) as AreaName[];

/**
 * Returns the figures of `detections` against `truth`, equal to pycocotools' `COCOeval` for boxes
 * (`cocoapi/PythonAPI/pycocotools/cocoeval.py`), except that a match with the annotation of id 0 counts
 * here and is lost there. Detections of categories outside the scope are ignored; the order of detections
 * matters only between equal scores.
 *
 * @throws AgentError `annotations_invalid` when a detection names an image that the ground truth does not
 * list
 */
export function cocoEvaluate(
  truth: GroundTruth,
  detections: readonly CocoDetection[],
  scope: EvaluationScope = {},
): CocoResult {
  const categories = matchCategories(truth, detections, { ...scope, areas });
  const names = new Map(truth.categories.map(({ id, name }) => [id, name]));
  const precision = (area: AreaName) => categories.map(({ byArea }) => averagePrecisions(byArea[area]!));
  const recall = (area: AreaName, perImage: number) =>
    meanOfPresent(categories.map(({ byArea }) => averageRecall(byArea[area]!, perImage)));

  const all = precision('all');
  return {
    AP: meanOfPresent(all.flat()),
    AP50: meanOfPresent(all.map((levels) => levels[0]!)),
    AP75: meanOfPresent(all.map((levels) => levels[5]!)),
    APs: meanOfPresent(precision('small').flat()),
    APm: meanOfPresent(precision('medium').flat()),
    APl: meanOfPresent(precision('large').flat()),
    AR1: recall('all', 1),
    AR10: recall('all', 10),
    AR100: recall('all', maxDetections),
    ARs: recall('small', maxDetections),
    ARm: recall('medium', maxDetections),
    ARl: recall('large', maxDetections),
    perCategory: categories.map(({ categoryId, byArea }, index) => ({
      categoryId,
      name: names.get(categoryId)!,
      AP: meanOfPresent(all[index]!),
      AP50: all[index]![0]!,
      numTruth: byArea.all!.truthImage.length,
    })),
  };
}
