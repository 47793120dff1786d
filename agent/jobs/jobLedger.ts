import { type AgentError, toAgentError } from '../../runtime/errors.js';
import {
  isInterrupted,
  isOpen,
  type JobEvent,
  type JobProgress,
  type JobRecord,
  mustBeJournaled,
  queuedJob,
  rejectedJob,
  transition,
} from './jobRecord.js';
import type { Journal } from './journal.js';
import { tidied } from './tidied.js';

export interface JobLedgerOptions {
  readonly journal: Journal;
  /** Told of every new status, in order. */
  readonly onStatus: (record: JobRecord) => void;
  /** Told of each interrupted job at the start after the one that told its end, and when its record goes. */
  readonly onOutdated: (record: JobRecord) => void;
  /** Told of what went wrong without making a job fail: a corrupt record, a journal that cannot be written. */
  readonly onProblem: (error: AgentError) => void;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** Statuses between two journal writes that a restart may have to step over. */
const seqGap = 1_000_000;
const closedJobsKept = 200;

/**
 * Keeps what is known of every job, in memory and in the journal, and tells it.
 *
 * Invariants: a job is on disk before its acceptance is told; a terminal state is kept; `seq` grows strictly, over restarts too.
 */
export class JobLedger {
  readonly #options: JobLedgerOptions;
  /** Every known job, by time of acceptance. */
  readonly #records = new Map<string, JobRecord>();
  /** The statuses that are being journaled, one after the other. */
  #applying: Promise<unknown> = Promise.resolve();
  #seq = 0;

  constructor(options: JobLedgerOptions) {
    this.#options = options;
  }

  /** Reads the journal; returns the jobs that were open when the agent ended. */
  async read(): Promise<JobRecord[]> {
    const { journal, onProblem, onOutdated } = this.#options;
    const { records, problems } = await journal.readAll();
    for (const problem of problems) onProblem(problem);
    if (records.length > 0) this.#seq = Math.max(...records.map(({ seq }) => seq)) + seqGap;
    for (const record of records) this.#records.set(record.jobId, record);
    for (const record of records.filter(isInterrupted)) onOutdated(record);
    return records.filter(isOpen);
  }

  get(jobId: string): JobRecord | undefined {
    return this.#records.get(jobId);
  }

  get openJobs(): JobRecord[] {
    return [...this.#records.values()].filter(isOpen);
  }

  /**
   * Returns the record of a job that is accepted herewith.
   *
   * @throws AgentError `disk_full`, `file_unreadable`
   */
  async accept(job: Pick<JobRecord, 'jobId' | 'kind' | 'params'>): Promise<JobRecord> {
    const record = queuedJob(job, this.#stamp());
    await this.#options.journal.write(record);
    this.#publish(record);
    return record;
  }

  /** Returns the status that answers a command which was refused with `error`. */
  rejection(job: Pick<JobRecord, 'jobId' | 'kind'>, error: AgentError): JobRecord {
    return rejectedJob(job, error.toJSON(), this.#stamp());
  }

  /**
   * Returns the record after `event`, or as it is where the job has ended: a step of it may still be on its way.
   *
   * @throws AgentError `disk_full`, `file_unreadable` for an event that must be on disk
   */
  apply(jobId: string, event: JobEvent): Promise<JobRecord> {
    const applied = this.#applying.then(() => this.#applyNext(this.#records.get(jobId)!, event));
    this.#applying = applied.catch(() => undefined);
    return applied;
  }

  /** Tells progress, which is not journaled, of a job that is open. */
  tellProgress(jobId: string, progress: JobProgress): void {
    const record = this.#records.get(jobId)!;
    if (isOpen(record)) this.#publish(transition(record, { type: 'progress', progress }, this.#stamp()));
  }

  /** Forgets the oldest of many jobs that have ended. */
  prune(): Promise<void> {
    const { journal, onOutdated, onProblem } = this.#options;
    return tidied(async () => {
      for (const jobId of await journal.prune([...this.#records.values()], closedJobsKept)) {
        const record = this.#records.get(jobId)!;
        this.#records.delete(jobId);
        if (isInterrupted(record)) onOutdated(record);
      }
    }, onProblem);
  }

  /**
   * A status that cannot be journaled is told all the same: the job has happened. Of one that has ended nothing is left on disk then, lest
   * the next start goes on with it.
   */
  async #applyNext(before: JobRecord, event: JobEvent): Promise<JobRecord> {
    if (!isOpen(before)) return before;
    const { journal, onProblem } = this.#options;
    const record = transition(before, event, this.#stamp());
    try {
      await journal.write(record);
    } catch (error) {
      if (mustBeJournaled(before, event)) throw error;
      onProblem(toAgentError(error));
      if (!isOpen(record)) await tidied(() => journal.remove(record.jobId), onProblem);
    }
    this.#publish(record);
    return record;
  }

  #publish(record: JobRecord): void {
    this.#records.set(record.jobId, record);
    this.#options.onStatus(record);
  }

  #stamp() {
    this.#seq += 1;
    return { seq: this.#seq, at: new Date(this.#options.now()).toISOString() };
  }
}
