import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import { readMessages, writeMessage } from './messages.js';

/** Enough of what a worker printed to see why it ended. */
const keptStderrLength = 2000;

/** A process that gets messages on its standard input, answers on its standard output, and ends when its input does. */
export class WorkerProcess {
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly #received: AsyncGenerator<Buffer, void, undefined>;
  readonly #ended: Promise<unknown>;
  #stderr = '';

  constructor(command: string, args: readonly string[]) {
    this.#child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'] });
    this.#received = readMessages(this.#child.stdout);
    this.#ended = once(this.#child, 'close').catch((error: Error) => {
      this.#stderr += error.message;
    });
    // That the worker takes nothing more shows when its answer does not come.
    this.#child.stdin.on('error', () => {});
    this.#child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr = (this.#stderr + text).slice(-keptStderrLength);
    });
  }

  send(message: Uint8Array): Promise<void> {
    return writeMessage(this.#child.stdin, message);
  }

  /** Returns the next message; throws when the worker ends first, with what it printed to standard error. */
  async receive(): Promise<Buffer> {
    const next = await this.#received.next().catch(() => undefined);
    if (next?.done === false) return next.value;
    await this.#ended;
    throw new Error(`expected a message, got the worker's end: ${this.#stderr.trim() || 'no reason given'}`);
  }

  /** Ends the worker's input and waits for its end. */
  async end(): Promise<void> {
    this.#child.stdin.end();
    await this.#ended;
  }
}
