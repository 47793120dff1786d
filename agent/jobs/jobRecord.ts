import { AgentError, type ErrorCode, type ErrorDetail } from '../../runtime/errors.js';

/** The states of AWS IoT Jobs. */
export type JobStatusName =
  | 'QUEUED'
  | 'IN_PROGRESS'
  | 'SUCCEEDED'
  | 'FAILED'
  | 'REJECTED'
  | 'TIMED_OUT'
  | 'CANCELED';

export interface JobReason {
  readonly code: ErrorCode;
  readonly message: string;
  readonly detail: ErrorDetail;
}

export interface JobProgress {
  /** Part of the step, as a child process calls it. */
  readonly stage?: string;
  readonly done: number;
  readonly total: number;
  /** ODOL of the search so far. */
  readonly odol?: number;
  /** Estimated seconds to the end of the step. */
  readonly etaS?: number;
}

/** A job as it is journaled and, less `params`, published. */
export interface JobRecord {
  readonly jobId: string;
  readonly kind: string;
  readonly params: Readonly<Record<string, unknown>>;
  /** Grows strictly with each status of a device. */
  readonly seq: number;
  readonly status: JobStatusName;
  readonly step: string | null;
  readonly progress: JobProgress | null;
  /** When the step is given up, ISO 8601. */
  readonly stepDeadline: string | null;
  /** Whether the job may be run again should the agent's end interrupt it in this step. */
  readonly resumable: boolean;
  /** How often it was begun: more than once where the agent's end interrupted it. */
  readonly attempt: number;
  readonly reason: JobReason | null;
  readonly metrics: Readonly<Record<string, unknown>> | null;
  /** ISO 8601. */
  readonly createdAt: string;
  readonly updatedAt: string;
}

export type JobEvent =
  | { readonly type: 'start' }
  | { readonly type: 'resume' }
  | {
      readonly type: 'step';
      readonly step: string;
      readonly deadline: string | null;
      readonly resumable: boolean;
    }
  | { readonly type: 'progress'; readonly progress: JobProgress }
  | { readonly type: 'succeed'; readonly metrics: Readonly<Record<string, unknown>> }
  | { readonly type: 'fail'; readonly reason: JobReason }
  | { readonly type: 'timeOut'; readonly reason: JobReason }
  | { readonly type: 'cancel'; readonly reason: JobReason };

/** When, and with which number, a status is made. */
export interface JobStamp {
  readonly seq: number;
  readonly at: string;
}

const open: readonly JobStatusName[] = ['QUEUED', 'IN_PROGRESS'];

/** From which states an event is possible; a job that has ended has no further events. */
const allowedFrom: Readonly<Record<JobEvent['type'], readonly JobStatusName[]>> = {
  start: ['QUEUED'],
  resume: ['IN_PROGRESS'],
  step: ['IN_PROGRESS'],
  progress: ['IN_PROGRESS'],
  succeed: ['IN_PROGRESS'],
  fail: open,
  timeOut: ['IN_PROGRESS'],
  cancel: open,
};

export function isOpen(record: JobRecord): boolean {
  return open.includes(record.status);
}

/** A job during which the box dies again and again must come to an end. */
const mostAttempts = 3;

/**
 * Whether an event has to be on disk before what follows it: else the next start would repeat what is not to be repeated, or without an
 * end.
 */
export function mustBeJournaled(before: JobRecord, event: JobEvent): boolean {
  return event.type === 'resume' || (event.type === 'step' && before.resumable && !event.resumable);
}

/** Whether a job that was open when the agent ended goes on at the next start: it waits still, or is in a step that may be done again. */
export function goesOn({ status, resumable, attempt }: JobRecord): boolean {
  return status === 'QUEUED' || (status === 'IN_PROGRESS' && resumable && attempt < mostAttempts);
}

/** Whether a job ended because the agent did: it is told at a start, when nobody may be listening yet. */
export function isInterrupted({ reason }: JobRecord): boolean {
  return reason?.code === 'job_interrupted';
}

/** Returns the first record of an accepted job. */
export function queuedJob(
  job: Pick<JobRecord, 'jobId' | 'kind' | 'params'>,
  { seq, at }: JobStamp,
): JobRecord {
  return { ...job, ...nothingYet, seq, status: 'QUEUED', createdAt: at, updatedAt: at };
}

/** Returns the answer to a command that was not accepted. It is published and not journaled: nothing was begun. */
export function rejectedJob(
  job: Pick<JobRecord, 'jobId' | 'kind'>,
  reason: JobReason,
  { seq, at }: JobStamp,
): JobRecord {
  return { ...job, params: {}, ...nothingYet, seq, status: 'REJECTED', reason, createdAt: at, updatedAt: at };
}

const nothingYet = {
  ...{ step: null, progress: null, stepDeadline: null, reason: null, metrics: null },
  ...{ resumable: false, attempt: 1 },
};

/**
 * Returns the record after `event`. The step of a job that ended badly stays: it says where it ended.
 *
 * @throws AgentError `internal` for an event that the job's state does not allow
 */
export function transition(record: JobRecord, event: JobEvent, { seq, at }: JobStamp): JobRecord {
  if (!allowedFrom[event.type].includes(record.status)) {
    throw new AgentError(
      'internal',
      `job ${record.jobId} is ${record.status}, which allows no ${event.type}`,
    );
  }
  const next = { ...record, seq, updatedAt: at };
  switch (event.type) {
    case 'start':
      return { ...next, status: 'IN_PROGRESS' };
    case 'resume':
      return { ...next, progress: null, stepDeadline: null, attempt: record.attempt + 1 };
    case 'step': {
      const { step, deadline: stepDeadline, resumable } = event;
      return { ...next, step, stepDeadline, resumable, progress: null };
    }
    case 'progress':
      return { ...next, progress: event.progress };
    case 'succeed':
      return { ...next, ...ended, status: 'SUCCEEDED', step: null, metrics: event.metrics };
    case 'fail':
      return { ...next, ...ended, status: 'FAILED', reason: event.reason };
    case 'timeOut':
      return { ...next, ...ended, status: 'TIMED_OUT', reason: event.reason };
    case 'cancel':
      return { ...next, ...ended, status: 'CANCELED', reason: event.reason };
  }
}

const ended = { progress: null, stepDeadline: null, resumable: false };
