/** How many threads an inference gets: so many, or as many as were measured to serve best. */
export type ThreadSetting = number | 'auto';

/** What a detection takes under load, with so many threads for its inference. */
export interface ThreadTime {
  readonly threads: number;
  /** Time in which one picture more is done, from JPEG to boxes, while as many are worked on as the agent lets overlap. */
  readonly ms: number;
}

/** A further thread has to gain more than this, or it is left to the rest of the device. */
const leastGain = 0.05;

/**
 * Returns the time that holds for a setting; `undefined` where nothing was measured. With `auto` that of the fewest
 * threads that are within 5 % of the shortest time; for a number that was not measured, that of the nearest below.
 *
 * @param times ascending by threads
 */
export function timeWith(times: readonly ThreadTime[], setting: ThreadSetting): ThreadTime | undefined {
  if (setting !== 'auto') return times.findLast(({ threads }) => threads <= setting) ?? times[0];
  const shortest = Math.min(...times.map(({ ms }) => ms));
  return times.find(({ ms }) => ms * (1 - leastGain) <= shortest);
}

/** Returns the number that a setting gives an engine that has to know it before anything is measured; `undefined` for `auto`. */
export function fixedThreads(setting: ThreadSetting): number | undefined {
  return setting === 'auto' ? undefined : setting;
}

/** Small detectors hardly gain by more; whoever has more cores may measure. */
const mostSharedThreads = 4;

/** Returns the threads that each of so many detections gets where they share the cores, 1 to 4. */
export function sharedThreads(cores: number, concurrency: number): number {
  return Math.min(mostSharedThreads, Math.max(1, Math.floor(cores / concurrency)));
}

/** Returns numbers of threads to measure: every one up to 4, then ever fewer, and all cores. */
export function threadCandidates(cores: number): number[] {
  const steps = [1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64].filter((threads) => threads < cores);
  return [...steps, cores];
}
