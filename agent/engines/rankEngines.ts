import type { EngineTrial } from './engineTrial.js';
import { type ThreadSetting, type ThreadTime, timeWith } from './threadTimes.js';

/** What an engine is wanted for: to serve models in float, to serve quantized ones, to search. */
export type EnginePurpose = 'float' | 'quantized' | 'search';

/** A trial, and the figure by which it is ranked. */
export interface RankedTrial {
  readonly trial: EngineTrial;
  readonly ms: number;
  /** Of one inference in service; `undefined` for a search, which uses all cores. */
  readonly threads: number | undefined;
}

/**
 * Returns the trials by what counts for `purpose`, the best first: the time of a detection in service with the threads that it
 * would get, the time per picture of a search. Trials that have no such time are left out.
 */
export function rankEngines(
  trials: readonly EngineTrial[],
  purpose: EnginePurpose,
  threads: ThreadSetting,
): RankedTrial[] {
  return trials
    .flatMap((trial): RankedTrial[] => {
      if (purpose === 'search')
        return trial.searchMs === null ? [] : [{ trial, ms: trial.searchMs, threads: undefined }];
      const time = servingTime(trial, purpose, threads);
      return time === undefined ? [] : [{ trial, ...time }];
    })
    .sort((a, b) => a.ms - b.ms);
}

/** Returns the time of a detection in service, and the threads it was taken with; `undefined` where it was not measured. */
export function servingTime(
  { float, quantized }: Pick<EngineTrial, 'float' | 'quantized'>,
  purpose: 'float' | 'quantized',
  threads: ThreadSetting,
): ThreadTime | undefined {
  return timeWith({ float, quantized }[purpose], threads);
}
