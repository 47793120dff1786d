import type { Detection, StageTimings } from '../detector/detection.js';
import type { WorkQueue } from './queue.js';
import type { ModelIdentity } from './servedModel.js';
import type { ModelSlot } from './slot.js';

export interface ServeOptions {
  /** Detections below it are left out, 0..1. Default: the manifest's. */
  readonly scoreThreshold?: number;
  /** Images with more pixels are refused before they are decoded. */
  readonly maxPixels?: number;
  /** Longest wait in the queue. */
  readonly deadlineMs?: number;
  readonly signal?: AbortSignal;
}

export interface ServedDetections {
  readonly detections: readonly Detection[];
  readonly width: number;
  readonly height: number;
  /** The one model that did all stages. */
  readonly model: ModelIdentity;
  readonly timingsMs: StageTimings & { readonly queue: number };
}

/**
 * Returns what the active model detects in an encoded image. The model is leased when the turn in the queue has
 * come, so what waits never holds back the drain of a swap, and the newest model serves it.
 *
 * @throws AgentError those of `WorkQueue.run`, of `ModelSlot.use` and of `Detector.detect`
 */
export function serveDetections(
  serving: { readonly slot: ModelSlot; readonly queue: WorkQueue },
  image: Uint8Array,
  options: ServeOptions = {},
): Promise<ServedDetections> {
  const { scoreThreshold, maxPixels, ...queueOptions } = options;
  return serving.queue.run(
    (waitedMs) =>
      serving.slot.use(async ({ identity, detector }) => {
        const { detections, width, height, timingsMs } = await detector.detect(image, {
          ...(scoreThreshold === undefined ? {} : { scoreThreshold }),
          ...(maxPixels === undefined ? {} : { maxPixels }),
        });
        return { detections, width, height, model: identity, timingsMs: { ...timingsMs, queue: waitedMs } };
      }),
    queueOptions,
  );
}
