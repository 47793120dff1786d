import { agreement, ignoredScore } from '../../../calibrate/evaluate/agreement.js';
import { loadCalibrationSet } from '../../../calibrate/frames/calibrationSet.js';
import type { Frame } from '../../../calibrate/frames/frame.js';
import type { Detection } from '../../../runtime/detector/detection.js';
import type { Detector } from '../../../runtime/detector/detector.js';

/** More than any folder of calibration frames has. */
const all = 10_000;

/** The frames that neither calibrated a tool nor judged its result: no labels, but finer than AP tells how much is lost. */
export class UnseenFrames {
  readonly #frames: readonly Frame[];
  readonly #reference: readonly (readonly Detection[])[];

  private constructor(frames: readonly Frame[], reference: readonly (readonly Detection[])[]) {
    this.#frames = frames;
    this.#reference = reference;
  }

  /**
   * Returns those behind the frames that `detptq quantize` draws with a seed, with what the float detector finds in them.
   *
   * @param options.calib folder of unlabelled images
   * @param options.frames searched on; as many judge
   */
  static async of(
    float: Detector,
    { calib, frames, seed }: { readonly calib: string; readonly frames: number; readonly seed: number },
  ): Promise<UnseenFrames> {
    const { heldOut } = await loadCalibrationSet(calib, { frames, heldOut: all, seed });
    const unseen = heldOut.slice(frames);
    return new UnseenFrames(unseen, await detectionsIn(unseen, float));
  }

  /** Returns the agreement mAP with the float detector, 0..1; `null` where no frame is left. */
  async agreement(detector: Detector): Promise<number | null> {
    if (this.#frames.length === 0) return null;
    const { numClasses } = detector.head;
    const found = await detectionsIn(this.#frames, detector);
    return agreement(this.#reference, found, { numClasses }).agreementMap;
  }
}

async function detectionsIn(frames: readonly Frame[], detector: Detector): Promise<Detection[][]> {
  const found: Detection[][] = [];
  for (const { bytes } of frames) {
    const { detections } = await detector.detect(bytes, { scoreThreshold: ignoredScore });
    found.push([...detections]);
  }
  return found;
}
