import { AgentError, toAgentError } from '../../runtime/errors.js';
import { settlesWithin } from '../../runtime/serving/settlesWithin.js';
import type { JobContext, JobKind } from './jobKind.js';
import {
  goesOn,
  isInterrupted,
  isOpen,
  type JobEvent,
  type JobReason,
  type JobRecord,
  type JobStamp,
  mustBeJournaled,
  queuedJob,
  rejectedJob,
  transition,
} from './jobRecord.js';
import { type Journal, jobIdPattern } from './journal.js';
import { StepDeadline } from './stepDeadline.js';

export interface JobRunnerOptions {
  readonly journal: Journal;
  readonly kinds: readonly JobKind[];
  /** Jobs that may wait beside the one that runs. */
  readonly queueLimit: number;
  /** Told of every new status, in order. */
  readonly onStatus: (record: JobRecord) => void;
  /** Told of each interrupted job at the start after the one that told its end, and when its record goes. */
  readonly onOutdated: (record: JobRecord) => void;
  /** Told of what went wrong without making a job fail: a corrupt record, a journal that cannot be written. */
  readonly onProblem: (error: AgentError) => void;
  /** How long a stop waits for the job that runs, once it was told to end. Default 30,000. */
  readonly stopTimeoutMs?: number;
  /** Milliseconds since the epoch. Default: the system's clock. */
  readonly now?: () => number;
  /** Milliseconds that only grow, between two statuses of progress. Default: the process's clock. */
  readonly monotonicMs?: () => number;
}

export interface JobRequest {
  readonly jobId: string;
  readonly kind: string;
  readonly params: Readonly<Record<string, unknown>>;
}

/** Statuses between two journal writes that a restart may have to step over. */
const seqGap = 1_000_000;
const progressIntervalMs = 1000;
const closedJobsKept = 200;

/**
 * Runs jobs one at a time, in order of their acceptance.
 *
 * Invariants: a job is on disk before its acceptance is told; an id is never run twice; every accepted job reaches a
 * terminal state and keeps it, also one that was open when the agent ended: it goes on at the next start where it waited still or
 * was in a step that may be done again, a few times at most, and else has failed; `seq` grows strictly, over restarts too.
 */
export class JobRunner {
  readonly #options: JobRunnerOptions;
  readonly #kinds: ReadonlyMap<string, JobKind>;
  readonly #now: () => number;
  readonly #monotonicMs: () => number;
  /** Every known job, by time of acceptance. */
  readonly #records = new Map<string, JobRecord>();
  readonly #queue: string[] = [];
  #running: { readonly jobId: string; readonly controller: AbortController } | undefined;
  #idle: Promise<void> = Promise.resolve();
  #admission: Promise<unknown> = Promise.resolve();
  /** The statuses that are being journaled, one after the other. */
  #applying: Promise<unknown> = Promise.resolve();
  #stopping = false;
  /** Before `begin` jobs only wait. */
  #isBegun = false;
  #seq = 0;

  constructor(options: JobRunnerOptions) {
    this.#options = options;
    this.#kinds = new Map(options.kinds.map((kind) => [kind.name, kind]));
    this.#now = options.now ?? Date.now;
    this.#monotonicMs = options.monotonicMs ?? (() => performance.now());
  }

  /** Reads the journal; a job that was open when the agent ended waits to go on, or becomes FAILED with `job_interrupted`. */
  async start(): Promise<void> {
    const { records, problems } = await this.#options.journal.readAll();
    for (const problem of problems) this.#options.onProblem(problem);
    if (records.length > 0) this.#seq = Math.max(...records.map(({ seq }) => seq)) + seqGap;
    for (const record of records) this.#records.set(record.jobId, record);
    for (const record of records.filter(isInterrupted)) this.#options.onOutdated(record);
    const canGoOn = (record: JobRecord) => this.#kinds.has(record.kind) && goesOn(record);
    const open = records.filter(isOpen);
    for (const record of open.filter((one) => !canGoOn(one)))
      await this.#apply(record.jobId, { type: 'fail', reason: interrupted(record) });
    // One that had begun comes first, whatever a clock says that went back.
    const waiting = open.filter(canGoOn).sort((a, b) => Number(isInProgress(b)) - Number(isInProgress(a)));
    this.#queue.push(...waiting.map(({ jobId }) => jobId));
    await this.#prune();
  }

  /** Lets the jobs run that wait. */
  begin(): void {
    this.#isBegun = true;
    this.#startNext();
  }

  /**
   * Takes no new job, gives up the one that runs and those that wait, and returns once all have ended, or one that
   * hangs has had its time. Before `begin` nothing is given up: the agent did not come to run.
   */
  async stop(): Promise<void> {
    this.#stopping = true;
    await this.#admission;
    if (!this.#isBegun) return;
    const reason = new AgentError('shutting_down', 'the agent is stopping');
    for (const jobId of this.#queue.splice(0))
      await this.#apply(jobId, { type: 'cancel', reason: reason.toJSON() });
    this.#running?.controller.abort(reason);
    const { stopTimeoutMs = 30_000, onProblem } = this.#options;
    if (await settlesWithin(this.#idle, stopTimeoutMs)) return;
    const { jobId } = this.#running!;
    const message = `job ${jobId} did not end within ${stopTimeoutMs} ms of being told to`;
    onProblem(new AgentError('step_timeout', message, { detail: { expected: stopTimeoutMs } }));
    await this.#apply(jobId, { type: 'cancel', reason: reason.toJSON() });
  }

  /** The job that runs, or waits longest. */
  get current(): JobRecord | null {
    const jobId = this.#running?.jobId ?? this.#queue[0];
    return (jobId === undefined ? undefined : this.#records.get(jobId)) ?? null;
  }

  get openJobs(): JobRecord[] {
    return [...this.#records.values()].filter(isOpen);
  }

  get(jobId: string): JobRecord | undefined {
    return this.#records.get(jobId);
  }

  /**
   * Returns the record of an accepted job, now on disk; of a job known already, its record as it is.
   *
   * @throws AgentError `command_malformed`, `command_unknown`, `queue_full`, `shutting_down`, `disk_full`
   */
  submit(request: JobRequest): Promise<JobRecord> {
    // One at a time: two commands with one id must not both find it unknown while the first is being written.
    const admission = this.#admission.then(() => this.#admit(request));
    this.#admission = admission.catch(() => undefined);
    return admission;
  }

  /**
   * Asks a job to end as CANCELED and returns its record; a job that has ended stays as it is.
   *
   * @throws AgentError `job_not_found`
   */
  async cancel(jobId: string): Promise<JobRecord> {
    await this.#admission;
    if (!this.#records.has(jobId)) {
      throw new AgentError('job_not_found', `no job has the id ${jobId}`, { detail: { got: jobId } });
    }
    const reason = new AgentError('aborted', 'the job was cancelled by a command');
    const place = this.#queue.indexOf(jobId);
    if (place >= 0) {
      this.#queue.splice(place, 1);
      await this.#apply(jobId, { type: 'cancel', reason: reason.toJSON() });
    } else if (this.#running?.jobId === jobId) {
      this.#running.controller.abort(reason);
    }
    return this.#records.get(jobId)!;
  }

  /** Returns the status that answers a command which was refused with `error`. */
  rejection(job: { readonly jobId: string; readonly kind: string }, error: AgentError): JobRecord {
    return rejectedJob(job, error.toJSON(), this.#stamp());
  }

  async #admit({ jobId, kind: kindName, params }: JobRequest): Promise<JobRecord> {
    const known = this.#records.get(jobId);
    if (known !== undefined) return known;
    if (this.#stopping) throw new AgentError('shutting_down', 'the agent is stopping and takes no new job');
    if (!jobIdPattern.test(jobId)) {
      throw new AgentError('command_malformed', `expected a job id of ${jobIdPattern.source}, got ${jobId}`);
    }
    const kind = this.#kinds.get(kindName);
    if (kind === undefined) {
      const known = [...this.#kinds.keys()];
      throw new AgentError('command_unknown', `expected a job kind of ${known.join(', ')}, got ${kindName}`, {
        detail: { expected: known, got: kindName },
      });
    }
    const parsed = kind.parseParams(params);
    const { queueLimit } = this.#options;
    if (this.#running !== undefined && this.#queue.length >= queueLimit) {
      throw new AgentError('queue_full', `${queueLimit} jobs are waiting already`, {
        detail: { expected: queueLimit },
      });
    }
    const record = queuedJob({ jobId, kind: kindName, params: parsed }, this.#stamp());
    await this.#options.journal.write(record);
    this.#publish(record);
    this.#queue.push(jobId);
    this.#startNext();
    return record;
  }

  #startNext(): void {
    if (this.#running !== undefined || this.#stopping || !this.#isBegun) return;
    const jobId = this.#queue.shift();
    if (jobId === undefined) return;
    const controller = new AbortController();
    this.#running = { jobId, controller };
    this.#idle = this.#run(jobId, controller).finally(() => {
      this.#running = undefined;
      this.#startNext();
    });
  }

  async #run(jobId: string, controller: AbortController): Promise<void> {
    const { signal } = controller;
    const deadline = new StepDeadline(controller);
    let entering = false;
    let reportedMs = Number.NEGATIVE_INFINITY;
    const known = this.#records.get(jobId)!;
    const kind = this.#kinds.get(known.kind)!;
    const enter = async (step: string, until: string | null, resumable = false) => {
      deadline.clear();
      entering = true;
      await this.#apply(jobId, { type: 'step', step, deadline: until, resumable });
      entering = false;
      reportedMs = Number.NEGATIVE_INFINITY;
    };
    const context: JobContext = {
      jobId,
      signal,
      attempt: isInProgress(known) ? known.attempt + 1 : known.attempt,
      enterStep: async (step, deadlineS, { resumable } = {}) => {
        signal.throwIfAborted();
        await enter(step, new Date(this.#now() + deadlineS * 1000).toISOString(), resumable);
        signal.throwIfAborted();
        deadline.set(step, deadlineS);
      },
      enterCleanUp: (step) => enter(step, null),
      reportProgress: (progress) => {
        const now = this.#monotonicMs();
        const record = this.#records.get(jobId)!;
        // While a step is being journaled a progress status would overtake it with a higher seq.
        if (entering || now - reportedMs < progressIntervalMs || !isOpen(record)) return;
        reportedMs = now;
        this.#publish(transition(record, { type: 'progress', progress }, this.#stamp()));
      },
    };
    let outcome: JobEvent;
    try {
      const { params } = await this.#apply(jobId, { type: isInProgress(known) ? 'resume' : 'start' });
      outcome = { type: 'succeed', metrics: await kind.run(params, context) };
    } catch (error) {
      outcome = signal.aborted
        ? abortion(signal.reason)
        : { type: 'fail', reason: toAgentError(error).toJSON() };
    } finally {
      deadline.clear();
    }
    await this.#apply(jobId, outcome);
    await this.#tidy(async () => kind.tidyUp?.(jobId));
    await this.#prune();
  }

  /** Returns the record after `event`, or as it is where the job has ended: a step of it may still be on its way. */
  #apply(jobId: string, event: JobEvent): Promise<JobRecord> {
    const applied = this.#applying.then(() => this.#applyNext(this.#records.get(jobId)!, event));
    this.#applying = applied.catch(() => undefined);
    return applied;
  }

  /**
   * A status that cannot be journaled is told all the same: the job has happened. Of one that has ended nothing is left on disk then, lest
   * the next start goes on with it.
   *
   * @throws AgentError `disk_full`, `file_unreadable` for an event that must be on disk
   */
  async #applyNext(before: JobRecord, event: JobEvent): Promise<JobRecord> {
    if (!isOpen(before)) return before;
    const record = transition(before, event, this.#stamp());
    try {
      await this.#options.journal.write(record);
    } catch (error) {
      if (mustBeJournaled(before, event)) throw error;
      this.#options.onProblem(toAgentError(error));
      if (!isOpen(record)) await this.#tidy(() => this.#options.journal.remove(record.jobId));
    }
    this.#publish(record);
    return record;
  }

  #publish(record: JobRecord): void {
    this.#records.set(record.jobId, record);
    this.#options.onStatus(record);
  }

  #prune(): Promise<void> {
    const { journal, onOutdated } = this.#options;
    return this.#tidy(async () => {
      for (const jobId of await journal.prune([...this.#records.values()], closedJobsKept)) {
        const record = this.#records.get(jobId)!;
        this.#records.delete(jobId);
        if (isInterrupted(record)) onOutdated(record);
      }
    });
  }

  /** Does what changes nothing about any job. */
  async #tidy(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.#options.onProblem(toAgentError(error));
    }
  }

  #stamp(): JobStamp {
    this.#seq += 1;
    return { seq: this.#seq, at: new Date(this.#now()).toISOString() };
  }
}

function isInProgress({ status }: JobRecord): boolean {
  return status === 'IN_PROGRESS';
}

function abortion(cause: unknown): JobEvent {
  const error = toAgentError(cause);
  return { type: error.code === 'step_timeout' ? 'timeOut' : 'cancel', reason: error.toJSON() };
}

function interrupted({ jobId, step, attempt }: JobRecord): JobReason {
  const error = new AgentError('job_interrupted', `the agent stopped while job ${jobId} was open`, {
    detail: { step, attempt },
  });
  return error.toJSON();
}
