import type { Worker } from 'node:worker_threads';
import { AgentError, toAgentError } from '../../errors.js';
import type { RunObserver, Session, TensorInfo, TensorMap } from '../engine.js';
import { InFlight } from '../inFlight.js';
import { inPieces } from '../outputInPieces.js';
import { FeedCopies } from './feedCopies.js';
import type { LoadRequest, Ports } from './messages.js';
import { buffersOf } from './movableTensors.js';
import { ThreadCalls } from './threadCalls.js';

/** A session that loads and runs in a thread of its own. When the thread dies, the session's runs fail, nothing else. */
export class ThreadedSession implements Session {
  readonly inputs: readonly TensorInfo[];
  readonly outputs: readonly TensorInfo[];
  readonly loweringNote?: string;
  readonly #calls: ThreadCalls;
  readonly #inFlight: InFlight;
  readonly #feedCopies = new FeedCopies();

  private constructor(calls: ThreadCalls, { inputs, outputs, loweringNote }: Ports) {
    this.#calls = calls;
    this.#inFlight = new InFlight(() => this.#release());
    this.inputs = inputs;
    this.outputs = outputs;
    if (loweringNote !== undefined) this.loweringNote = loweringNote;
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

  run(feeds: TensorMap, outputs?: readonly string[], observer?: RunObserver): Promise<TensorMap> {
    return this.#inFlight.run(async () => {
      const copies = this.#copy(feeds);
      const request = { feeds: copies, outputs };
      const { results, feedBuffers, runMs } = await this.#calls.call('run', request, buffersOf(copies));
      this.#feedCopies.recycle(feedBuffers);
      observer?.onRan(runMs);
      const names = outputs ?? this.outputs.map(({ name }) => name);
      return inPieces(names, { outputs: this.outputs, given: results });
    });
  }

  dispose(): Promise<void> {
    return this.#inFlight.close();
  }

  #copy(feeds: TensorMap): TensorMap {
    try {
      return this.#feedCopies.copy(feeds);
    } catch (cause) {
      throw new AgentError('engine_run_failed', `a feed cannot be copied: ${toAgentError(cause).message}`, {
        cause,
      });
    }
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
