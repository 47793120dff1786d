import { readFile } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import type { Detection, StageTimings } from '../../runtime/detector/detection.js';
import type { Detector } from '../../runtime/detector/detector.js';
import { AgentError, toAgentError } from '../../runtime/errors.js';
import type { ThreadSetting } from '../engines/threadTimes.js';
import { fileError } from '../state/atomicFile.js';
import { annotateImage } from './annotate/annotateImage.js';
import type { CommandContext } from './context.js';
import { openDetector } from './openDetector.js';
import { makeOutputFolder, writeOutputFile } from './outputFiles.js';

/** A detector's own threshold suits evaluation; from this score on a picture stays readable. */
const readableScore = 0.3;

export interface DetectRequest {
  readonly model: string;
  readonly images: readonly string[];
  /** Folder for pictures with boxes. */
  readonly annotate?: string;
  readonly scoreThreshold?: number;
  readonly engine: string;
  readonly threads: ThreadSetting;
}

export interface ImageDetections {
  readonly image: string;
  readonly detections: readonly Detection[];
  readonly timingsMs: StageTimings;
  /** Path of the picture with boxes. */
  readonly annotated?: string;
}

/** Runs a detector on image files, in order, and prints what it found. */
export async function detectImages(context: CommandContext, request: DetectRequest): Promise<void> {
  const { output, signal } = context;
  const { detector } = await openDetector(request.model, { ...request, note: output.note });
  try {
    if (request.annotate !== undefined) await makeOutputFolder(request.annotate);
    const pictureNames = annotatedNames(request.images);
    const results: ImageDetections[] = [];
    for (const [index, image] of request.images.entries()) {
      signal.throwIfAborted();
      results.push(await detectOne(detector, { ...request, image, pictureName: pictureNames[index]! }));
      const total = request.images.length;
      if (total > 1) output.progress({ step: 'detect', done: index + 1, total });
      if (request.annotate !== undefined) context.keep(`${index + 1} pictures are in ${request.annotate}`);
    }
    output.result(
      results.map(({ timingsMs, ...rest }) => ({ ...rest, timingMs: timingsMs })),
      () => results.map((result) => detectionsText(result, request.scoreThreshold)).join('\n\n'),
    );
  } finally {
    await detector.dispose();
  }
}

/** @throws AgentError naming the image */
export async function detectOne(
  detector: Detector,
  request: Pick<DetectRequest, 'annotate' | 'scoreThreshold'> & {
    readonly image: string;
    readonly pictureName: string;
  },
): Promise<ImageDetections> {
  const { image, annotate, scoreThreshold, pictureName } = request;
  const bytes = await readImage(image);
  try {
    const found = await detector.detect(bytes, scoreThreshold === undefined ? {} : { scoreThreshold });
    const result = { image, detections: found.detections, timingsMs: found.timingsMs };
    if (annotate === undefined) return result;
    const drawn = found.detections.filter(({ score }) => score >= (scoreThreshold ?? readableScore));
    const annotated = join(annotate, pictureName);
    await writeOutputFile(annotated, await annotateImage(bytes, drawn));
    return { ...result, annotated };
  } catch (cause) {
    const error = toAgentError(cause);
    throw new AgentError(error.code, `${image}: ${error.message}`, {
      cause,
      detail: { where: image, ...error.detail },
    });
  }
}

async function readImage(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (cause) {
    throw fileError(cause, 'read', path);
  }
}

/** Returns one file name per image; images of one name from several folders get `-2`, `-3` and so on. */
function annotatedNames(images: readonly string[]): string[] {
  const taken = new Set<string>();
  return images.map((image) => {
    const stem = basename(image, extname(image));
    let name = `${stem}.jpg`;
    for (let copy = 2; taken.has(name); copy++) name = `${stem}-${copy}.jpg`;
    taken.add(name);
    return name;
  });
}

/** Returns the detections in one image, for people. */
export function detectionsText(result: ImageDetections, leastScore = readableScore): string {
  const shown = result.detections.filter(({ score }) => score >= leastScore);
  const { decode, preprocess, infer, postprocess } = result.timingsMs;
  const totalMs = decode + preprocess + infer + postprocess;
  const lines = shown.map(({ label, score, box }) => {
    const corners = box.map((value) => value.toFixed(0).padStart(5)).join(' ');
    return `  ${score.toFixed(2)}  ${corners}  ${label}`;
  });
  const weaker = result.detections.length - shown.length;
  if (weaker > 0) lines.push(`  and ${weaker} below ${leastScore} (--score-threshold)`);
  if (result.detections.length === 0) lines.push('  nothing');
  if (result.annotated !== undefined) lines.push(`  -> ${result.annotated}`);
  const times = `${totalMs.toFixed(1)} ms: decode ${decode.toFixed(1)}, preprocess ${preprocess.toFixed(1)}, infer ${infer.toFixed(1)}, postprocess ${postprocess.toFixed(1)}`;
  return [`${result.image} (${times})`, ...lines].join('\n');
}
