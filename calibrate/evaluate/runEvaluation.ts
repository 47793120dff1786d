import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Detection, StageTimings } from '../../runtime/detector/detection.js';
import { AgentError, toAgentError } from '../../runtime/errors.js';
import { throwIfAborted } from '../throwIfAborted.js';
import { type CocoResult, cocoEvaluate } from './cocoEvaluate.js';
import type { GroundTruth } from './groundTruth.js';
import type { CocoDetection } from './matchCategories.js';
import { percentile } from './percentile.js';

/** The part of a detector that an evaluation needs. */
export interface EvaluatedDetector {
  readonly labels: readonly string[];
  detect(image: Uint8Array): Promise<{
    readonly detections: readonly Detection[];
    readonly timingsMs: StageTimings;
  }>;
}

export interface EvaluationOptions {
  readonly imagesFolder: string;
  readonly truth: GroundTruth;
  /** Only the first so many images of the annotation file. */
  readonly limit?: number;
  readonly onProgress?: (progress: { readonly done: number; readonly total: number }) => void;
  readonly signal?: AbortSignal;
}

export interface DetectorEvaluation extends CocoResult {
  /** Images. */
  readonly n: number;
  /** Inference alone (`timingsMs.infer`), over the images. */
  readonly ms: Percentiles;
  /** Decoding to post-processing. */
  readonly endToEndMs: Percentiles;
  /** All detections, with the annotation file's ids: for a paired comparison. */
  readonly detections: readonly CocoDetection[];
  /** Categories that the detector has a label for; only these are evaluated. */
  readonly categoryIds: readonly number[];
  readonly imageIds: readonly number[];
}

export interface Percentiles {
  readonly p50: number;
  readonly p95: number;
}

/**
 * Returns the COCO figures and latency of `detector` on labelled images.
 *
 * Labels meet categories by name, whatever the case; labels without a category and categories without a
 * label are left out. One image is in flight at a time, so no latency holds time spent waiting; the first
 * image runs once more beforehand, uncounted, to warm up.
 *
 * @throws AgentError `annotations_invalid` when no label is a category; `file_not_found`, `file_unreadable`
 * for an image; `aborted`; what the detector throws, with the image's name in front
 */
export async function evaluateDetector(
  detector: EvaluatedDetector,
  { imagesFolder, truth, limit, onProgress, signal }: EvaluationOptions,
): Promise<DetectorEvaluation> {
  const categoryOf = categoriesByLabel(detector.labels, truth);
  const images = truth.images.slice(0, limit);
  const read = (index: number) => {
    const bytes = readImage(join(imagesFolder, images[index]!.fileName));
    bytes.catch(() => {}); // Awaited one turn later; until then a failure is not unhandled.
    return bytes;
  };

  const detections: CocoDetection[] = [];
  const timings: StageTimings[] = [];
  let upcoming = images.length > 0 ? read(0) : undefined;
  for (const [index, { id, fileName }] of images.entries()) {
    throwIfAborted(signal, `the evaluation was cancelled after ${index} images`);
    const bytes = await upcoming!;
    if (index + 1 < images.length) upcoming = read(index + 1);
    try {
      if (index === 0) await detector.detect(bytes);
      const result = await detector.detect(bytes);
      timings.push(result.timingsMs);
      for (const { classId, score, box } of result.detections) {
        const categoryId = categoryOf.get(classId);
        if (categoryId !== undefined) detections.push({ imageId: id, categoryId, score, box });
      }
    } catch (cause) {
      const error = toAgentError(cause);
      throw new AgentError(error.code, `${fileName}: ${error.message}`, {
        cause,
        detail: { ...error.detail, where: fileName },
      });
    }
    onProgress?.({ done: index + 1, total: images.length });
  }

  const categoryIds = [...categoryOf.values()];
  const imageIds = images.map(({ id }) => id);
  const endToEnd = timings.map(
    (stages) => stages.decode + stages.preprocess + stages.infer + stages.postprocess,
  );
  return {
    ...cocoEvaluate(truth, detections, { categoryIds, imageIds }),
    n: images.length,
    ms: percentiles(timings.map(({ infer }) => infer)),
    endToEndMs: percentiles(endToEnd),
    detections,
    categoryIds,
    imageIds,
  };
}

/** Returns the category id of each class id that has one. */
function categoriesByLabel(labels: readonly string[], truth: GroundTruth): ReadonlyMap<number, number> {
  const idOf = new Map(truth.categories.map(({ id, name }) => [normalized(name), id]));
  const categoryOf = new Map<number, number>();
  for (const [classId, label] of labels.entries()) {
    const categoryId = idOf.get(normalized(label));
    if (categoryId !== undefined) categoryOf.set(classId, categoryId);
  }
  if (categoryOf.size > 0) return categoryOf;
  const some = (names: readonly string[]) => names.slice(0, 5).join(', ') + (names.length > 5 ? ' …' : '');
  const names = truth.categories.map(({ name }) => name);
  throw new AgentError(
    'annotations_invalid',
    `expected at least one category that the model detects (${some(labels)}), got ${some(names)}`,
    { detail: { expected: some(labels), got: some(names) } },
  );
}

function normalized(name: string): string {
  return name.trim().toLowerCase();
}

async function readImage(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (cause) {
    const absent = (cause as NodeJS.ErrnoException).code === 'ENOENT';
    throw new AgentError(
      absent ? 'file_not_found' : 'file_unreadable',
      absent ? `${path}: an annotated image is not there` : `${path}: ${(cause as Error).message}`,
      { cause, detail: { where: path } },
    );
  }
}

function percentiles(values: readonly number[]): Percentiles {
  return { p50: percentile(values, 0.5), p95: percentile(values, 0.95) };
}
