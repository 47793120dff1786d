import { percentile } from '../../../../calibrate/evaluate/percentile.js';
import type { Detector } from '../../../../runtime/detector/detector.js';

export interface LatencyQuantiles {
  readonly p50: number;
  readonly p95: number;
}

/** Inference times in milliseconds, of two detectors on the same frames. */
export interface LatencyComparison {
  readonly before: LatencyQuantiles;
  readonly after: LatencyQuantiles;
  /** Runs of each. */
  readonly n: number;
}

export interface ComparedDetectors {
  /** Runs `work` with the detector in service. */
  readonly before: <T>(work: (detector: Detector) => Promise<T>) => Promise<T>;
  readonly after: Detector;
}

/**
 * Returns the inference times of the detector in service and of the one that is to follow it. They take turns on
 * each frame, so that load and clock frequency are the same for both; the first of a turn alternates.
 *
 * @param frames encoded images, at least one
 */
export async function compareLatency(
  { before, after }: ComparedDetectors,
  frames: readonly Uint8Array[],
  { runs, signal }: { readonly runs: number; readonly signal: AbortSignal },
): Promise<LatencyComparison> {
  const times = { before: [] as number[], after: [] as number[] };
  for (let run = 0; run < runs; run++) {
    signal.throwIfAborted();
    const frame = frames[run % frames.length]!;
    const time = async (detector: Detector) => (await detector.detect(frame, {})).timingsMs.infer;
    const order = run % 2 === 0 ? (['before', 'after'] as const) : (['after', 'before'] as const);
    for (const side of order) times[side].push(await (side === 'before' ? before(time) : time(after)));
  }
  return { before: quantiles(times.before), after: quantiles(times.after), n: runs };
}

function quantiles(values: readonly number[]): LatencyQuantiles {
  return { p50: percentile(values, 0.5), p95: percentile(values, 0.95) };
}
