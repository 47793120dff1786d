import type { JobProgress } from './jobRecord.js';

/** What a running job may tell and ask. */
export interface JobContext {
  readonly jobId: string;
  /** Aborts when the job is cancelled, its step is over its deadline or the agent stops; its reason is an AgentError. */
  readonly signal: AbortSignal;
  /**
   * Enters a step, which is journaled; the deadline of the step before ends.
   *
   * @param options.resumable whether `run` may be called again should the agent's end interrupt it in this step. Default: no.
   * @throws the reason of `signal`, once it has aborted
   */
  enterStep(step: string, deadlineS: number, options?: { readonly resumable?: boolean }): Promise<void>;
  /** Enters a step that a job which was given up goes through too, without deadline: undoing what it did. */
  enterCleanUp(step: string): Promise<void>;
  /** 1, and one more each time that the agent's end interrupted the job. */
  readonly attempt: number;
  /** Published at most once a second, the first of each step at once, and never journaled. */
  reportProgress(progress: JobProgress): void;
}

export type JobMetrics = Readonly<Record<string, unknown>>;

/** Something that a command can ask for. */
export interface JobKind {
  readonly name: string;
  /**
   * Checks the parameters of a command, without side effects, before the job is accepted.
   *
   * @throws AgentError `command_malformed`, naming the parameter
   */
  parseParams(params: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>>;
  /**
   * Does the work and returns what the final status tells. It stops soon after `context.signal` aborts, with the
   * device as it was before. It is called again, with the same parameters, for a job that was interrupted in a resumable step.
   *
   * @throws AgentError, which becomes the job's reason
   */
  run(params: Readonly<Record<string, unknown>>, context: JobContext): Promise<JobMetrics>;
  /** Removes what a job has kept for another attempt; called once its end is journaled. */
  tidyUp?(jobId: string): Promise<void>;
}
