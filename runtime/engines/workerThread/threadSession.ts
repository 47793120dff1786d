import { Worker } from 'node:worker_threads';
import { AgentError } from '../../errors.js';
import type { Graph } from '../../graph/graph.js';
import type { Session, TensorInfo, TensorMap } from '../engine.js';
import { InFlight } from '../inFlight.js';
import { fromErrorMessage, type Reply, type RunRequest, type ThreadData } from './messages.js';

interface Waiting {
  readonly resolve: (tensors: TensorMap) => void;
  readonly reject: (error: AgentError) => void;
}

/** A session in a worker thread. The thread keeps the process alive only while it has something to answer. */
export class ThreadSession implements Session {
  readonly inputs: readonly TensorInfo[];
  readonly outputs: readonly TensorInfo[];
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  readonly #inFlight = new InFlight(() => this.#stop());
  #lastId = 0;

  private constructor(worker: Worker, graph: Graph) {
    this.#worker = worker;
    this.inputs = graph.inputs.map(({ name, dtype }) => ({ name, dtype }));
    this.outputs = graph.outputs.map(({ name, dtype }) => ({ name, dtype }));
    worker.on('message', (reply: Reply) => this.#settle(reply));
    worker.on('error', (cause) => this.#failAll(cause));
    worker.on('exit', () => this.#failAll(undefined));
  }

  /** Starts the thread and loads the graph in it. */
  static async start(workerData: ThreadData, graph: Graph): Promise<ThreadSession> {
    const worker = new Worker(new URL('./sessionThread.js', import.meta.url), { workerData });
    const session = new ThreadSession(worker, graph);
    await session.#reply(0);
    return session;
  }

  run(feeds: TensorMap, outputs?: readonly string[]): Promise<TensorMap> {
    return this.#inFlight.run(() => {
      const id = ++this.#lastId;
      const reply = this.#reply(id);
      this.#worker.postMessage({ id, feeds, outputs } satisfies RunRequest);
      return reply;
    });
  }

  dispose(): Promise<void> {
    return this.#inFlight.close();
  }

  #reply(id: number): Promise<TensorMap> {
    this.#worker.ref();
    return new Promise((resolve, reject) => this.#waiting.set(id, { resolve, reject }));
  }

  #settle(reply: Reply): void {
    const waiting = this.#waiting.get(reply.id);
    this.#waiting.delete(reply.id);
    if (this.#waiting.size === 0) this.#worker.unref();
    if ('tensors' in reply) waiting?.resolve(reply.tensors);
    else waiting?.reject(fromErrorMessage(reply.error));
  }

  #failAll(cause: Error | undefined): void {
    const error = new AgentError('engine_run_failed', "the session's thread ended while it was needed", {
      cause,
    });
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }

  #stop(): Promise<void> {
    return new Promise((resolve) => {
      this.#worker.ref();
      this.#worker.once('exit', () => resolve());
      this.#worker.postMessage('dispose');
    });
  }
}
