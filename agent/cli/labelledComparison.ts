import { readGroundTruth } from '../../calibrate/evaluate/groundTruthFile.js';
import { pairedBootstrap } from '../../calibrate/evaluate/pairedBootstrap.js';
import { evaluateDetector } from '../../calibrate/evaluate/runEvaluation.js';
import type { LabelledReport } from '../../calibrate/report.js';
import type { DetectorPair } from './quantizedEvidence.js';

export interface LabelledImages {
  /** Folder of the annotated images. */
  readonly images: string;
  /** COCO detection file. */
  readonly annotations: string;
}

/**
 * Returns COCO's AP of both detectors on labelled images, with the paired interval of their difference.
 *
 * @throws AgentError what `readGroundTruth` and `evaluateDetector` throw
 */
export async function compareOnLabels(
  { float, quantized }: DetectorPair,
  { images, annotations }: LabelledImages,
  signal: AbortSignal,
): Promise<LabelledReport> {
  const truth = await readGroundTruth(annotations);
  const options = { imagesFolder: images, truth, signal };
  const before = await evaluateDetector(float, options);
  const after = await evaluateDetector(quantized, options);
  const { difference, interval95 } = pairedBootstrap(
    truth,
    { baseline: before.detections, candidate: after.detections },
    { imageIds: before.imageIds, categoryIds: before.categoryIds },
  );
  return { float: before.AP, quantized: after.AP, difference: { difference, ...interval95 }, n: before.n };
}
