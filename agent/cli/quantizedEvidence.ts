import type { Frame } from '../../calibrate/frames/frame.js';
import type { ReportPicture } from '../../calibrate/report/pictures.js';
import type { Detection } from '../../runtime/detector/detection.js';
import type { Detector } from '../../runtime/detector/detector.js';
import { annotateImage } from './annotate/annotateImage.js';
import { interleavedRuns } from './interleavedRuns.js';

/** A float detector and what was made of it, loaded alike: for evidence of how it serves, as serving loads. */
export interface DetectorPair {
  readonly float: Detector;
  readonly quantized: Detector;
}

/** Rounds of a comparison: fewer where the networks are so slow that they would take longer than this together. */
const [fewestRuns, mostRuns, budgetMs] = [5, 31, 4000];

/**
 * Returns the median inference times in ms of detectors that take turns on one picture, which each is given in the form that it takes
 * most readily.
 *
 * @throws the signal's reason, and what a detector throws
 */
export async function compareSpeed(
  detectors: readonly Detector[],
  { bytes }: Frame,
  signal: AbortSignal,
): Promise<number[]> {
  const inputs = await Promise.all(detectors.map((detector) => detector.prepare(bytes)));
  const contestants = detectors.map(
    (detector, index) => async () => detector.recycle(await detector.infer(inputs[index]!)),
  );
  const trial = await interleavedRuns(contestants, { runs: 1, signal });
  const roundMs = trial.reduce((sum, { p50 }) => sum + p50, 0);
  const runs = Math.max(fewestRuns, Math.min(mostRuns, Math.floor(budgetMs / roundMs)));
  return (await interleavedRuns(contestants, { runs, signal })).map(({ p50 }) => p50);
}

/** Boxes from this score on are drawn: more would hide the picture. */
const drawnScore = 0.4;
/** Frames looked through, and how many of them are shown. */
const [framesSeen, picturesShown] = [12, 3];
/** With more boxes than this a picture gets harder to read. */
const readableBoxes = 10;
const longestSidePx = 640;

/**
 * Returns the frames with most to see among the first few, but not too much, each with the boxes of both detectors.
 *
 * @throws the signal's reason, and what a detector throws
 */
export async function drawPictures(
  { float, quantized }: DetectorPair,
  frames: readonly Frame[],
  signal: AbortSignal,
): Promise<ReportPicture[]> {
  const seen: { frame: Frame; found: Detection[] }[] = [];
  for (const frame of frames.slice(0, framesSeen)) {
    signal.throwIfAborted();
    const { detections } = await float.detect(frame.bytes, { scoreThreshold: drawnScore });
    seen.push({ frame, found: detections });
  }
  const interest = (boxes: number) => (boxes <= readableBoxes ? boxes : readableBoxes / boxes);
  const shown = seen
    .sort((a, b) => interest(b.found.length) - interest(a.found.length))
    .slice(0, picturesShown);
  const pictures: ReportPicture[] = [];
  for (const { frame, found } of shown) {
    signal.throwIfAborted();
    const { detections } = await quantized.detect(frame.bytes, { scoreThreshold: drawnScore });
    pictures.push({
      name: frame.name,
      floatJpeg: await drawn(frame, found),
      quantizedJpeg: await drawn(frame, detections),
    });
  }
  return pictures;
}

async function drawn({ bytes }: Frame, detections: readonly Detection[]): Promise<string> {
  const jpeg = await annotateImage(bytes, detections, { longestSidePx, quality: 80 });
  return jpeg.toString('base64');
}
