import type { Box, Detection, StageTimings } from '../../runtime/detector/detection.js';
import type { ServedDetections } from '../../runtime/serving/serve.js';
import type { ModelIdentity } from '../../runtime/serving/servedModel.js';

/** The body that `POST /v1/detect` answers with. */
export interface DetectAnswer {
  readonly detections: readonly (Detection & {
    /** `box` as fractions of the image's width and height. */
    readonly boxNormalized: Box;
  })[];
  readonly model: ModelIdentity;
  readonly timingMs: StageTimings & {
    readonly queue: number;
    /** From the request's arrival; includes reading its body. */
    readonly total: number;
  };
}

export function detectAnswer(served: ServedDetections, totalMs: number): DetectAnswer {
  const { detections, width, height, model, timingsMs } = served;
  const { decode, preprocess, queue, infer, postprocess } = timingsMs;
  return {
    detections: detections.map(({ label, classId, score, box: [x1, y1, x2, y2] }) => ({
      label,
      classId,
      score,
      box: [x1, y1, x2, y2],
      boxNormalized: [x1 / width, y1 / height, x2 / width, y2 / height],
    })),
    model,
    timingMs: { decode, preprocess, queue, infer, postprocess, total: totalMs },
  };
}
