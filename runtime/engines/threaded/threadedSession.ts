import type { Worker } from 'node:worker_threads';
import type { Session, TensorInfo, TensorMap } from '../engine.js';
import { InFlight } from '../inFlight.js';
import { compactTensors } from './compactTensors.js';
import type { LoadRequest, Ports } from './messages.js';
import { ThreadCalls } from './threadCalls.js';

/** A session that loads and runs in a thread of its own. When the thread dies, the session's runs fail, nothing else. */
export class ThreadedSession implements Session {
  readonly inputs: readonly TensorInfo[];
  readonly outputs: readonly TensorInfo[];
  readonly #calls: ThreadCalls;
  readonly #inFlight: InFlight;

  private constructor(calls: ThreadCalls, { inputs, outputs }: Ports) {
    this.#calls = calls;
    this.#inFlight = new InFlight(() => this.#release());
    this.inputs = inputs;
    this.outputs = outputs;
  }

  /**
   * Returns a session in `worker`, which runs `sessionWorker.ts` and is ended with the session, or when the load fails.
   *
   * @throws AgentError what the engine throws; `engine_load_failed` when the thread dies
   */
  static async load(worker: Worker, request: LoadRequest): Promise<ThreadedSession> {
    const calls = new ThreadCalls(worker);
    try {
      return new ThreadedSession(calls, await calls.call('load', request));
    } catch (error) {
      await calls.end();
      throw error;
    }
  }

  /** Feeds are copied, which costs less than the alternatives that leave them the caller's; results are moved. */
  run(feeds: TensorMap, outputs?: readonly string[]): Promise<TensorMap> {
    return this.#inFlight.run(() => this.#calls.call('run', { feeds: compactTensors(feeds), outputs }));
  }

  dispose(): Promise<void> {
    return this.#inFlight.close();
  }

  async #release(): Promise<void> {
    if (this.#calls.ended) return;
    try {
      await this.#calls.call('dispose', undefined);
    } finally {
      await this.#calls.end();
    }
  }
}
