import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { LoadCount, LoadOptions } from './loadGenerator.js';

/** A {@link LoadGenerator} in a thread of its own: it and an agent in this process do not wait for each other. */
export class ThreadedLoad {
  readonly #thread: Worker;

  constructor(options: LoadOptions) {
    this.#thread = new Worker(new URL('./loadThread.js', import.meta.url), {
      name: 'load',
      workerData: options,
    });
  }

  /** Returns what was seen so far. Not to be called while an answer is awaited. */
  count(): Promise<LoadCount> {
    return this.#ask('count');
  }

  /** Waits for the answers under way, ends the thread and returns what was seen. */
  async stop(): Promise<LoadCount> {
    const count = await this.#ask('stop');
    await this.terminate();
    return count;
  }

  /** Ends the thread as it is. Idempotent. */
  async terminate(): Promise<void> {
    await this.#thread.terminate();
  }

  async #ask(request: 'count' | 'stop'): Promise<LoadCount> {
    const answered = once(this.#thread, 'message');
    this.#thread.postMessage(request);
    const [count] = (await answered) as [LoadCount];
    return count;
  }
}
