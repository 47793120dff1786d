import { type AgentError, toAgentError } from '../../errors.js';
import type { RunningPage } from './runningPage.js';

/** How long a page without sessions is kept for the next one: starting Chromium takes longer than most loads. */
const idleMs = 10_000;

/**
 * Keeps one page of an engine running: started when it is first needed, started again after it died, ended when the
 * sessions that use it are gone. One task has the page at a time, so a page's death is that task's.
 */
export class BrowserWorker {
  readonly #start: () => Promise<RunningPage>;
  #page: RunningPage | undefined;
  #previous: Promise<unknown> = Promise.resolve();
  #users = 0;
  #idleTimer: NodeJS.Timeout | undefined;

  /** @param start starts a page; its calls never overlap */
  constructor(start: () => Promise<RunningPage>) {
    this.#start = start;
  }

  /**
   * Returns what `task` returns, which gets the page once the tasks before it are done.
   *
   * @throws AgentError `engine_unavailable` when the page cannot be started; what `task` throws
   */
  use<Result>(task: (page: RunningPage) => Promise<Result>): Promise<Result> {
    return this.#next(async () => task(await this.#livePage()));
  }

  /** As `use`, but does nothing where no page is alive. */
  async useIfRunning(task: (page: RunningPage) => Promise<void>): Promise<void> {
    await this.#next(async () => {
      if (this.#page !== undefined && !this.#page.link.dead) await task(this.#page);
    });
  }

  /** Keeps the page running until `release`. */
  retain(): void {
    this.#users += 1;
    clearTimeout(this.#idleTimer);
  }

  release(): void {
    this.#users -= 1;
    if (this.#users > 0) return;
    this.#idleTimer = setTimeout(() => void this.#stopWhenFree(), idleMs).unref();
  }

  async #livePage(): Promise<RunningPage> {
    if (this.#page?.link.dead) await this.#stop();
    this.#page ??= await this.#start();
    return this.#page;
  }

  #stopWhenFree(): Promise<void> {
    return this.#next(async () => {
      if (this.#users === 0) await this.#stop();
    });
  }

  #next<Result>(task: () => Promise<Result>): Promise<Result> {
    const running = this.#previous.then(task);
    this.#previous = running.catch(() => undefined);
    return running;
  }

  async #stop(): Promise<void> {
    const page = this.#page;
    this.#page = undefined;
    await page?.stop();
  }
}

/** Whether a task failed because the page died under it. */
export function isDeath(error: unknown): error is AgentError {
  return toAgentError(error).code === 'worker_died';
}
