import type { JobRunner } from './jobs/jobRunner.js';
import type { Serving } from './models/serving.js';
import type { CommandDesk } from './mqtt/commandDesk.js';

/** Returns what the retained topic `state` says: which models serve and wait, what is being done, what is missing. */
export function deviceState(parts: {
  readonly serving: Serving;
  readonly jobs: JobRunner;
  readonly desk: CommandDesk;
}): object {
  const { serving, jobs, desk } = parts;
  const { current } = jobs;
  return {
    ...serving.roles,
    ready: serving.notReady === null,
    reason: serving.notReady?.toJSON() ?? null,
    job: current && { jobId: current.jobId, kind: current.kind, status: current.status, step: current.step },
    refusedCommands: desk.refusals,
    ts: new Date().toISOString(),
  };
}
