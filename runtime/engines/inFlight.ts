import { AgentError } from '../errors.js';

/**
 * Counts the runs of a session so that its native memory is freed only after the last. Constructed with what
 * frees it.
 */
export class InFlight {
  readonly #running = new Set<Promise<unknown>>();
  readonly #release: () => Promise<void>;
  #closed: Promise<void> | undefined;

  constructor(release: () => Promise<void>) {
    this.#release = release;
  }

  /**
   * Returns what `task` returns.
   *
   * @throws AgentError `session_disposed` once `close` was called
   */
  async run<Result>(task: () => Promise<Result>): Promise<Result> {
    if (this.#closed !== undefined) {
      throw new AgentError('session_disposed', 'expected a session in use, got one that was disposed of');
    }
    const running = task();
    this.#running.add(running);
    try {
      return await running;
    } finally {
      this.#running.delete(running);
    }
  }

  /** Refuses new runs, waits for those in flight, then releases. Idempotent. */
  close(): Promise<void> {
    this.#closed ??= Promise.allSettled(this.#running).then(() => this.#release());
    return this.#closed;
  }
}
