import type { Worker } from 'node:worker_threads';
import { AgentError, toAgentError } from '../../errors.js';
import { type Calls, fromErrorMessage, type Reply, type Request } from './messages.js';

interface Waiting {
  readonly kind: keyof Calls;
  readonly resolve: (answer: never) => void;
  readonly reject: (error: AgentError) => void;
}

/**
 * Calls to a session's thread, which may overlap. Invariants: every call settles, also when the thread dies; the thread
 * keeps the process alive exactly while a call is open, so a forgotten session never hangs a program.
 */
export class ThreadCalls {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  #lastId = 0;
  #crash: unknown;
  #exitCode: number | undefined;

  /** Takes over `worker`, which runs `sessionWorker.ts`. */
  constructor(worker: Worker) {
    this.#worker = worker;
    worker.unref();
    worker.on('message', (reply: Reply) => this.#settle(reply));
    worker.on('error', (cause) => {
      this.#crash = cause;
    });
    worker.on('exit', (exitCode) => this.#failAll(exitCode));
  }

  /** Whether the thread has ended, on its own or by `end`. */
  get ended(): boolean {
    return this.#exitCode !== undefined;
  }

  /**
   * Returns the thread's answer.
   *
   * @param moved what of the request moves to the thread instead of being copied
   * @throws AgentError what the thread answers with; `engine_load_failed` for a load and `engine_run_failed` for the
   *   others when the request cannot be sent or the thread ends
   */
  async call<Kind extends keyof Calls>(
    kind: Kind,
    request: Calls[Kind]['request'],
    moved: readonly ArrayBuffer[] = [],
  ): Promise<Calls[Kind]['answer']> {
    if (this.ended) throw this.#lost(kind);
    const id = ++this.#lastId;
    try {
      this.#worker.postMessage({ id, kind, request } as Request, moved);
    } catch (cause) {
      throw failed(kind, `cannot be sent to the session's thread: ${toAgentError(cause).message}`, cause);
    }
    this.#worker.ref();
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { kind, resolve, reject });
    });
  }

  /**
   * Ends the thread, and with it the calls that are open. Not to be called while a run may be in the engine's native
   * code: onnxruntime then throws where nothing catches, and the process ends.
   */
  async end(): Promise<void> {
    await this.#worker.terminate();
  }

  #settle(reply: Reply): void {
    const call = this.#waiting.get(reply.id)!;
    this.#waiting.delete(reply.id);
    if (this.#waiting.size === 0) this.#worker.unref();
    if ('answer' in reply) call.resolve(reply.answer as never);
    else call.reject(fromErrorMessage(reply.error));
  }

  #failAll(exitCode: number): void {
    this.#exitCode = exitCode;
    for (const { kind, reject } of this.#waiting.values()) reject(this.#lost(kind));
    this.#waiting.clear();
  }

  #lost(kind: keyof Calls): AgentError {
    const reason =
      this.#crash === undefined ? `exit code ${this.#exitCode}` : toAgentError(this.#crash).message;
    return failed(kind, `finds the session's thread ended: ${reason}`, this.#crash);
  }
}

function failed(kind: keyof Calls, what: string, cause: unknown): AgentError {
  const code = kind === 'load' ? 'engine_load_failed' : 'engine_run_failed';
  return new AgentError(code, `the ${kind} ${what}`, { cause });
}
