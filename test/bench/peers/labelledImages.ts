import type { GroundTruth } from '../../../calibrate/evaluate/groundTruth.js';
import { type PairedDifference, pairedBootstrap } from '../../../calibrate/evaluate/pairedBootstrap.js';
import { type DetectorEvaluation, evaluateDetector } from '../../../calibrate/evaluate/runEvaluation.js';
import type { Detector } from '../../../runtime/detector/detector.js';

/** Enough for two digits of a standard error. */
const resamples = 200;

/** The images that every detector of the bench is judged by. */
export class LabelledImages {
  readonly #truth: GroundTruth;
  readonly #imagesFolder: string;
  readonly #limit: number;

  constructor(options: {
    readonly truth: GroundTruth;
    readonly imagesFolder: string;
    readonly limit: number;
  }) {
    this.#truth = options.truth;
    this.#imagesFolder = options.imagesFolder;
    this.#limit = options.limit;
  }

  /** Evaluates a detector and disposes of it. */
  async evaluate(detector: Detector): Promise<DetectorEvaluation> {
    try {
      return await evaluateDetector(detector, {
        imagesFolder: this.#imagesFolder,
        truth: this.#truth,
        limit: this.#limit,
      });
    } finally {
      await detector.dispose();
    }
  }

  /** Returns the difference in AP of two evaluations, `candidate` - `baseline`, image by image. */
  compare(baseline: DetectorEvaluation, candidate: DetectorEvaluation): PairedDifference {
    const { imageIds, categoryIds } = baseline;
    const sides = { baseline: baseline.detections, candidate: candidate.detections };
    return pairedBootstrap(this.#truth, sides, { imageIds, categoryIds, resamples });
  }
}
