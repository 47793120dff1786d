import { percentile } from '../../../../calibrate/evaluate/percentile.js';
import type { Detector } from '../../../../runtime/detector/detector.js';
import { untilAborted } from '../../../../runtime/serving/untilAborted.js';

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
  readonly before: Detector;
  readonly after: Detector;
}

/**
 * Returns the inference times of two detectors, neither of which does anything else meanwhile. They take turns on
 * each frame, so that load and clock frequency are the same for both; the first of a turn alternates. One run of each
 * beforehand is not counted.
 *
 * @param frames encoded images, at least one
 */
export async function compareLatency(
  detectors: ComparedDetectors,
  frames: readonly Uint8Array[],
  { runs, signal }: { readonly runs: number; readonly signal: AbortSignal },
): Promise<LatencyComparison> {
  const times = { before: [] as number[], after: [] as number[] };
  for (let run = -1; run < runs; run++) {
    signal.throwIfAborted();
    const frame = frames[Math.max(0, run) % frames.length]!;
    const order = run % 2 === 0 ? (['before', 'after'] as const) : (['after', 'before'] as const);
    for (const side of order) {
      const { timingsMs } = await untilAborted(detectors[side].detect(frame), signal);
      if (run >= 0) times[side].push(timingsMs.infer);
    }
  }
  return { before: quantiles(times.before), after: quantiles(times.after), n: runs };
}

function quantiles(values: readonly number[]): LatencyQuantiles {
  return { p50: percentile(values, 0.5), p95: percentile(values, 0.95) };
}
