import { AgentError } from '../errors.js';
import { settlesWithin } from './settlesWithin.js';

export interface WorkQueueOptions {
  /** Pieces of work that run at the same time; at least 1. */
  readonly concurrency: number;
  /** Pieces of work that may wait beside those that run; 0 refuses whatever cannot start at once. */
  readonly maxWaiting: number;
}

export interface QueuedWorkOptions {
  /** Longest wait for a start. Work that has started is never cut off. No limit by default. */
  readonly deadlineMs?: number;
  /** Drops the work while it waits, e.g. because the client hung up. */
  readonly signal?: AbortSignal;
}

/**
 * Runs work first come, first served, with a bound on what runs and a bound on what waits. A refusal is cheap and
 * says in `detail.retryAfterS` when a place is likely to be free, from the recent duration of the work.
 */
export class WorkQueue {
  readonly #options: WorkQueueOptions;
  /** In order of arrival: a Set iterates in insertion order and drops an entry from its middle in O(1). */
  readonly #waiting = new Set<Waiter>();
  #running = 0;
  #preparing = 0;
  #workMs = 0;
  #draining = false;
  #onIdle: (() => void)[] = [];

  constructor(options: WorkQueueOptions) {
    this.#options = options;
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  get running(): number {
    return this.#running;
  }

  /**
   * Returns what `prepare` returns; meanwhile it takes a place, as if it waited, so that what is held for requests that
   * are still arriving is bounded too.
   *
   * @throws AgentError `queue_full`, `shutting_down`, before anything is prepared, and whatever `prepare` throws
   */
  async whileAdmitted<T>(prepare: () => Promise<T>): Promise<T> {
    this.#admit();
    this.#preparing += 1;
    try {
      return await prepare();
    } finally {
      this.#preparing -= 1;
    }
  }

  #admit(): void {
    const { concurrency, maxWaiting } = this.#options;
    if (this.#draining) throw this.#refusal('shutting_down', 'the agent is stopping and takes no new work');
    if (this.#running + this.#waiting.size + this.#preparing >= concurrency + maxWaiting) {
      throw this.#refusal('queue_full', `expected at most ${maxWaiting} requests waiting, got one more`);
    }
  }

  /**
   * Returns what `work` returns, once its turn has come; `work` is told how long it waited.
   *
   * @throws AgentError `queue_full`, `deadline_exceeded`, `shutting_down`, `aborted`, and whatever `work` throws
   */
  async run<T>(work: (waitedMs: number) => Promise<T>, options: QueuedWorkOptions = {}): Promise<T> {
    if (options.signal?.aborted) throw dropped(options.signal);
    this.#admit();
    const arrived = performance.now();
    if (this.#running < this.#options.concurrency) this.#running += 1;
    else await this.#turn(options);
    const started = performance.now();
    try {
      return await work(started - arrived);
    } finally {
      this.#noteDuration(performance.now() - started);
      this.#passOn();
    }
  }

  /**
   * Refuses new work from now on and lets what waits and runs go on; at the time-out, what still waits is refused.
   *
   * @returns whether all work was done in time
   */
  async drain(timeoutMs: number): Promise<boolean> {
    this.#draining = true;
    const idle = new Promise<void>((resolve) => {
      if (this.#running === 0) resolve();
      else this.#onIdle.push(resolve);
    });
    const done = await settlesWithin(idle, timeoutMs);
    for (const waiter of this.#waiting) {
      waiter.reject(this.#refusal('shutting_down', 'the agent stopped before the work could start'));
    }
    return done;
  }

  /** Resolves when this caller has been handed a place in `#running`. */
  #turn({ deadlineMs, signal }: QueuedWorkOptions): Promise<void> {
    return new Promise<void>((resolve, reject) => {
      let timer: NodeJS.Timeout | undefined;
      const leave = () => {
        this.#waiting.delete(waiter);
        clearTimeout(timer);
        signal?.removeEventListener('abort', onAbort);
      };
      const waiter: Waiter = {
        start: () => {
          leave();
          resolve();
        },
        reject: (error) => {
          leave();
          reject(error);
        },
      };
      const onAbort = () => waiter.reject(dropped(signal!));
      this.#waiting.add(waiter);
      signal?.addEventListener('abort', onAbort);
      if (deadlineMs !== undefined) {
        timer = setTimeout(() => {
          waiter.reject(this.#refusal('deadline_exceeded', `no turn came within ${deadlineMs} ms`));
        }, deadlineMs);
      }
    });
  }

  /** Hands the place that has become free to the longest waiting, without a moment in which a newcomer could take it. */
  #passOn(): void {
    const [next] = this.#waiting;
    if (next !== undefined) {
      next.start();
      return;
    }
    this.#running -= 1;
    if (this.#running === 0) for (const resolve of this.#onIdle.splice(0)) resolve();
  }

  #noteDuration(durationMs: number): void {
    const weight = this.#workMs === 0 ? 1 : 0.1;
    this.#workMs += weight * (durationMs - this.#workMs);
  }

  #refusal(code: 'queue_full' | 'deadline_exceeded' | 'shutting_down', message: string): AgentError {
    const backlogMs = (this.#workMs * (this.#waiting.size + 1)) / this.#options.concurrency;
    const retryAfterS = Math.min(60, Math.max(1, Math.ceil(backlogMs / 1000)));
    return new AgentError(code, message, { detail: { waiting: this.#waiting.size, retryAfterS } });
  }
}

interface Waiter {
  readonly start: () => void;
  readonly reject: (error: AgentError) => void;
}

function dropped(signal: AbortSignal): AgentError {
  return new AgentError('aborted', 'the work was dropped while it waited', { cause: signal.reason });
}
