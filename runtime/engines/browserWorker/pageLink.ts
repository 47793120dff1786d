import type { WebSocket } from 'ws';
import { AgentError, toAgentError } from '../../errors.js';
import type { TensorMap } from '../engine.js';
import { decodeFrame, encodeFrame, type Frame } from './frame.js';
import type { Calls, Hello, Reply, Request } from './messages.js';

interface CallOptions<Kind extends keyof Calls> {
  readonly request: Calls[Kind]['request'];
  readonly tensors?: TensorMap;
  /** How long the page may take. */
  readonly deadlineMs: number;
}

interface Waiting {
  readonly resolve: (frame: Frame<Calls[keyof Calls]['answer']>) => void;
  readonly reject: (error: AgentError) => void;
  readonly timer: NodeJS.Timeout;
}

/**
 * Calls to a page over its socket. Invariants: every call settles, at its deadline at the latest; a page that missed a
 * deadline or whose socket closed is dead, and stays so. An open call's timer keeps the process alive, nothing else does.
 */
export class PageLink {
  readonly #socket: WebSocket;
  readonly #waiting = new Map<number, Waiting>();
  #lastId = 0;
  #death: string | undefined;
  readonly #greeted: Promise<Hello>;
  #greet!: (hello: Hello) => void;

  constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.binaryType = 'arraybuffer';
    this.#greeted = new Promise((resolve) => {
      this.#greet = resolve;
    });
    socket.on('message', (bytes: ArrayBuffer) => this.#receive(bytes));
    // An error is followed by `close`.
    socket.on('error', () => undefined);
    socket.on('close', () => this.die('it closed its socket: the page crashed, or Chromium ended'));
  }

  get dead(): boolean {
    return this.#death !== undefined;
  }

  /** Settles with what the page said first. */
  hello(): Promise<Hello> {
    return this.#greeted;
  }

  /**
   * Returns the page's answer and the tensors beside it.
   *
   * @throws AgentError what the page answers with; `worker_died` when the page is dead, or dies before it answers
   */
  call<Kind extends keyof Calls>(
    kind: Kind,
    { request, tensors = {}, deadlineMs }: CallOptions<Kind>,
  ): Promise<Frame<Calls[Kind]['answer']>> {
    if (this.#death !== undefined) return Promise.reject(died(this.#death));
    const id = ++this.#lastId;
    return new Promise((resolve, reject) => {
      const missed = (): void => this.die(`it did not answer "${kind}" within ${deadlineMs} ms`);
      const timer = setTimeout(missed, deadlineMs);
      this.#waiting.set(id, { resolve: resolve as Waiting['resolve'], reject, timer });
      this.#socket.send(encodeFrame({ message: { id, kind, request } as Request, tensors }));
    });
  }

  /** Fails the open calls and those to come, and closes the socket. */
  die(reason: string): void {
    if (this.#death !== undefined) return;
    this.#death = reason;
    for (const { reject, timer } of this.#waiting.values()) {
      clearTimeout(timer);
      reject(died(reason));
    }
    this.#waiting.clear();
    this.#socket.terminate();
  }

  #receive(bytes: ArrayBuffer): void {
    try {
      const { message, tensors } = decodeFrame<Hello | Reply>(bytes);
      if ('userAgent' in message) this.#greet(message);
      else this.#settle({ message, tensors });
    } catch (error) {
      this.die(toAgentError(error).message);
    }
  }

  #settle({ message, tensors }: Frame<Reply>): void {
    const call = this.#waiting.get(message.id);
    if (call === undefined) return;
    this.#waiting.delete(message.id);
    clearTimeout(call.timer);
    if ('answer' in message) {
      call.resolve({ message: message.answer, tensors });
    } else {
      const { code, message: text, detail } = message.error;
      call.reject(new AgentError(code, text, { detail }));
    }
  }
}

function died(reason: string): AgentError {
  return new AgentError('worker_died', `expected an answer of the browser's page, but ${reason}`);
}
