import type { EngineTrial } from './engineTrial.js';

/** What an engine is wanted for: to serve models in float, to serve quantized ones, to search. */
export type EnginePurpose = 'float' | 'quantized' | 'search';

/**
 * Returns the trials by what counts for `purpose`, the best first: the time of one inference in service, the time per
 * picture of a search. Trials that have no such time are left out.
 */
export function rankEngines(trials: readonly EngineTrial[], purpose: EnginePurpose): EngineTrial[] {
  return trials
    .flatMap((trial) => {
      const ms = timeFor(trial, purpose);
      return ms === null ? [] : [{ trial, ms }];
    })
    .sort((a, b) => a.ms - b.ms)
    .map(({ trial }) => trial);
}

/** Returns the time in ms by which a trial is ranked, or `null` where it was not taken. */
export function timeFor(
  { floatMs, quantizedMs, searchMs }: Omit<EngineTrial, 'engine' | 'version'>,
  purpose: EnginePurpose,
): number | null {
  return { float: floatMs, quantized: quantizedMs, search: searchMs }[purpose];
}
