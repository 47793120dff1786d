import type { JobContext } from './jobKind.js';
import type { JobLedger } from './jobLedger.js';
import { StepDeadline } from './stepDeadline.js';

export interface Clocks {
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Milliseconds that only grow. */
  readonly monotonicMs: () => number;
}

const progressIntervalMs = 1000;

/** What a job that runs tells and asks: its steps with their deadlines, its progress. Its functions may be taken from it. */
export class RunningJob implements JobContext {
  readonly jobId: string;
  readonly attempt: number;
  readonly #controller: AbortController;
  readonly #ledger: JobLedger;
  readonly #clocks: Clocks;
  readonly #deadline: StepDeadline;
  /** While a step is being journaled a progress status would overtake it with a higher seq. */
  #isEntering = false;
  #reportedMs = Number.NEGATIVE_INFINITY;

  constructor(
    { jobId, attempt }: Pick<JobContext, 'jobId' | 'attempt'>,
    { controller, ledger, clocks }: { controller: AbortController; ledger: JobLedger; clocks: Clocks },
  ) {
    this.jobId = jobId;
    this.attempt = attempt;
    this.#controller = controller;
    this.#ledger = ledger;
    this.#clocks = clocks;
    this.#deadline = new StepDeadline(controller);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  readonly enterStep: JobContext['enterStep'] = async (step, deadlineS, { resumable = false } = {}) => {
    this.signal.throwIfAborted();
    const deadline = new Date(this.#clocks.now() + deadlineS * 1000).toISOString();
    await this.#enter(step, { deadline, resumable });
    this.signal.throwIfAborted();
    this.#deadline.set(step, deadlineS);
  };

  readonly enterCleanUp: JobContext['enterCleanUp'] = (step) =>
    this.#enter(step, { deadline: null, resumable: false });

  readonly reportProgress: JobContext['reportProgress'] = (progress) => {
    const now = this.#clocks.monotonicMs();
    if (this.#isEntering || now - this.#reportedMs < progressIntervalMs) return;
    this.#reportedMs = now;
    this.#ledger.tellProgress(this.jobId, progress);
  };

  /** Nothing times the job any longer. */
  end(): void {
    this.#deadline.clear();
  }

  async #enter(step: string, when: { deadline: string | null; resumable: boolean }): Promise<void> {
    this.#deadline.clear();
    this.#isEntering = true;
    await this.#ledger.apply(this.jobId, { type: 'step', step, ...when });
    this.#isEntering = false;
    this.#reportedMs = Number.NEGATIVE_INFINITY;
  }
}
