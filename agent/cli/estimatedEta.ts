import type { ProgressSink } from './progress.js';

/**
 * Returns a sink that adds the time left to every update that has none: what is left of the step, at the step's
 * speed so far.
 *
 * @param nowMs the clock
 */
export function withEta(sink: ProgressSink, nowMs: () => number): ProgressSink {
  let start: { readonly step: string; readonly done: number; readonly atMs: number } | undefined;
  return (progress) => {
    const { step, done, total } = progress;
    if (start?.step !== step || done < start.done) start = { step, done, atMs: nowMs() };
    const advanced = done - start.done;
    if (progress.etaS !== undefined || advanced === 0) return sink(progress);
    const etaS = ((total - done) * (nowMs() - start.atMs)) / advanced / 1000;
    sink({ ...progress, etaS });
  };
}
