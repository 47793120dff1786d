import type { DetectionResult, PostprocessOptions, PrepareOptions } from '../detector/detector.js';
import type { QueuedWorkOptions, WorkQueue } from './queue.js';
import type { ModelIdentity } from './servedModel.js';
import type { ModelSlot } from './slot.js';

export type ServeOptions = PrepareOptions & PostprocessOptions & QueuedWorkOptions;

export interface ServedDetections extends DetectionResult {
  /** The one model that did all stages. */
  readonly model: ModelIdentity;
  readonly timingsMs: DetectionResult['timingsMs'] & { readonly queue: number };
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
  const work = (waitedMs: number) =>
    serving.slot.use(async ({ identity, detector }) => {
      const { timingsMs, ...found } = await detector.detect(image, options);
      return { ...found, model: identity, timingsMs: { ...timingsMs, queue: waitedMs } };
    });
  return serving.queue.run(work, options);
}
