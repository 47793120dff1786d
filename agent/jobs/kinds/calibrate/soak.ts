import { setTimeout as sleep } from 'node:timers/promises';
import { AgentError } from '../../../../runtime/errors.js';
import { untilAborted } from '../../../../runtime/serving/untilAborted.js';
import type { WatchedSlot } from '../../../models/watchedSlot.js';

export interface SoakOptions {
  readonly durationMs: number;
  readonly signal: AbortSignal;
}

/** Own detections come this often, so that a soak without any request proves something too. */
const probeIntervalMs = 250;

/**
 * Watches the model in service for a while: its own detections in `frames`, and every request.
 *
 * @returns the number of own detections
 * @throws AgentError the failure of an own detection; `engine_run_failed` when requests failed in the model; the
 *   reason of `signal`
 */
export async function soak(
  slot: WatchedSlot,
  frames: readonly Uint8Array[],
  { durationMs, signal }: SoakOptions,
): Promise<number> {
  const faultsBefore = slot.faults;
  const end = performance.now() + durationMs;
  let probes = 0;
  for (;;) {
    signal.throwIfAborted();
    const frame = frames[probes % frames.length]!;
    const probing = slot.use(({ detector }) => detector.detect(frame, {}));
    await untilAborted(probing, signal);
    probes += 1;
    const faults = slot.faults - faultsBefore;
    if (faults > 0) {
      throw new AgentError(
        'engine_run_failed',
        `the new model failed in ${faults} requests while it was watched`,
        {
          detail: { got: faults, expected: 0 },
        },
      );
    }
    const left = end - performance.now();
    if (left <= 0) return probes;
    await sleep(Math.min(probeIntervalMs, left), undefined, { signal }).catch(() => undefined);
  }
}
