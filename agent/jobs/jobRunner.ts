import { AgentError, toAgentError } from '../../runtime/errors.js';
import { settlesWithin } from '../../runtime/serving/settlesWithin.js';
import type { JobKind } from './jobKind.js';
import { JobLedger, type JobLedgerOptions } from './jobLedger.js';
import { goesOn, type JobEvent, type JobReason, type JobRecord } from './jobRecord.js';
import { jobIdPattern } from './journal.js';
import { type Clocks, RunningJob } from './runningJob.js';
import { tidied } from './tidied.js';

export interface JobRunnerOptions extends Omit<JobLedgerOptions, 'now'> {
  readonly kinds: readonly JobKind[];
  /** Jobs that may wait beside the one that runs. */
  readonly queueLimit: number;
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

/**
 * Runs jobs one at a time, in order of their acceptance.
 *
 * Invariants, beside those of the ledger: an id is never run twice; every accepted job reaches a terminal state, also one that was open
 * when the agent ended: it goes on at the next start where it waited still or was in a step that may be done again, a few times at
 * most, and else has failed.
 */
export class JobRunner {
  readonly #options: JobRunnerOptions;
  readonly #kinds: ReadonlyMap<string, JobKind>;
  readonly #clocks: Clocks;
  readonly #ledger: JobLedger;
  readonly #queue: string[] = [];
  #running: { readonly jobId: string; readonly controller: AbortController } | undefined;
  #idle: Promise<void> = Promise.resolve();
  #admission: Promise<unknown> = Promise.resolve();
  #stopping = false;
  /** Before `begin` jobs only wait. */
  #isBegun = false;

  constructor(options: JobRunnerOptions) {
    const { kinds, now = Date.now, monotonicMs = () => performance.now() } = options;
    this.#options = options;
    this.#kinds = new Map(kinds.map((kind) => [kind.name, kind]));
    this.#clocks = { now, monotonicMs };
    this.#ledger = new JobLedger({ ...options, now });
  }

  /** Reads the journal; a job that was open when the agent ended waits to go on, or becomes FAILED with `job_interrupted`. */
  async start(): Promise<void> {
    const open = await this.#ledger.read();
    const canGoOn = (record: JobRecord) => this.#kinds.has(record.kind) && goesOn(record);
    for (const record of open.filter((one) => !canGoOn(one)))
      await this.#ledger.apply(record.jobId, { type: 'fail', reason: interrupted(record) });
    // One that had begun comes first, whatever a clock says that went back.
    const waiting = open.filter(canGoOn).sort((a, b) => Number(isInProgress(b)) - Number(isInProgress(a)));
    this.#queue.push(...waiting.map(({ jobId }) => jobId));
    await this.#ledger.prune();
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
      await this.#ledger.apply(jobId, { type: 'cancel', reason: reason.toJSON() });
    this.#running?.controller.abort(reason);
    const { stopTimeoutMs = 30_000, onProblem } = this.#options;
    if (await settlesWithin(this.#idle, stopTimeoutMs)) return;
    const { jobId } = this.#running!;
    const message = `job ${jobId} did not end within ${stopTimeoutMs} ms of being told to`;
    onProblem(new AgentError('step_timeout', message, { detail: { expected: stopTimeoutMs } }));
    await this.#ledger.apply(jobId, { type: 'cancel', reason: reason.toJSON() });
  }

  /** The job that runs, or waits longest. */
  get current(): JobRecord | null {
    const jobId = this.#running?.jobId ?? this.#queue[0];
    return (jobId === undefined ? undefined : this.#ledger.get(jobId)) ?? null;
  }

  get openJobs(): JobRecord[] {
    return this.#ledger.openJobs;
  }

  get(jobId: string): JobRecord | undefined {
    return this.#ledger.get(jobId);
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
    if (this.#ledger.get(jobId) === undefined) {
      throw new AgentError('job_not_found', `no job has the id ${jobId}`, { detail: { got: jobId } });
    }
    const reason = new AgentError('aborted', 'the job was cancelled by a command');
    const place = this.#queue.indexOf(jobId);
    if (place >= 0) {
      this.#queue.splice(place, 1);
      await this.#ledger.apply(jobId, { type: 'cancel', reason: reason.toJSON() });
    } else if (this.#running?.jobId === jobId) {
      this.#running.controller.abort(reason);
    }
    return this.#ledger.get(jobId)!;
  }

  /** Returns the status that answers a command which was refused with `error`. */
  rejection(job: { readonly jobId: string; readonly kind: string }, error: AgentError): JobRecord {
    return this.#ledger.rejection(job, error);
  }

  async #admit({ jobId, kind: kindName, params }: JobRequest): Promise<JobRecord> {
    const known = this.#ledger.get(jobId);
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
    const record = await this.#ledger.accept({ jobId, kind: kindName, params: parsed });
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
    const known = this.#ledger.get(jobId)!;
    const kind = this.#kinds.get(known.kind)!;
    const attempt = isInProgress(known) ? known.attempt + 1 : known.attempt;
    const running = { controller, ledger: this.#ledger, clocks: this.#clocks };
    const job = new RunningJob({ jobId, attempt }, running);
    let outcome: JobEvent;
    try {
      const { params } = await this.#ledger.apply(jobId, { type: isInProgress(known) ? 'resume' : 'start' });
      outcome = { type: 'succeed', metrics: await kind.run(params, job) };
    } catch (error) {
      outcome = job.signal.aborted
        ? abortion(job.signal.reason)
        : { type: 'fail', reason: toAgentError(error).toJSON() };
    } finally {
      job.end();
    }
    await this.#ledger.apply(jobId, outcome);
    await tidied(async () => kind.tidyUp?.(jobId), this.#options.onProblem);
    await this.#ledger.prune();
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
