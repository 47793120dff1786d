import { percentile } from '../../calibrate/evaluate/percentile.js';

export interface RunTimes {
  readonly min: number;
  readonly p50: number;
  readonly p95: number;
}

export interface InterleavedOptions {
  /** Timed runs of each contestant, after one that is not counted. */
  readonly runs: number;
  /**
   * Whether each timed run comes behind one of the same contestant that is not: then it finds caches and threads as in
   * service, not as the contestant before has left them. Default: false.
   */
  readonly warm?: boolean;
  readonly signal: AbortSignal;
  readonly onRound?: (round: number) => void;
}

/** Returns the quantiles of what `interleavedTimes` does. @throws what that throws */
export async function interleavedRuns(
  contestants: readonly (() => Promise<unknown>)[],
  options: InterleavedOptions,
): Promise<RunTimes[]> {
  const times = await interleavedTimes(contestants, options);
  return times.map((ms) => ({ min: Math.min(...ms), p50: percentile(ms, 0.5), p95: percentile(ms, 0.95) }));
}

/**
 * Returns the wall-clock times in ms of each contestant, in the order given, by round. Round by round each runs once, so that
 * whatever else the machine does meets all of them alike.
 *
 * @throws the signal's reason, and what a contestant throws
 */
export async function interleavedTimes(
  contestants: readonly (() => Promise<unknown>)[],
  { runs, warm = false, signal, onRound }: InterleavedOptions,
): Promise<Float64Array[]> {
  for (const run of contestants) await run();
  const times = contestants.map(() => new Float64Array(runs));
  for (let round = 0; round < runs; round++) {
    for (const [index, run] of contestants.entries()) {
      signal.throwIfAborted();
      if (warm) await run();
      const start = performance.now();
      await run();
      times[index]![round] = performance.now() - start;
    }
    onRound?.(round + 1);
  }
  return times;
}
