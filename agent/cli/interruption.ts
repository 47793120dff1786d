import { AgentError } from '../../runtime/errors.js';

/** Time that a command whose parent is gone has to stop by itself. */
const orphanGraceMs = 5000;

/**
 * Ends a command early: the first SIGINT or SIGTERM, or the loss of the parent that forked this process, aborts
 * `signal`. A second signal ends the process at once, as does an orphan's grace.
 */
export class Interruption {
  readonly #controller = new AbortController();
  readonly #onSignal = (name: NodeJS.Signals): void => {
    if (this.signal.aborted) process.exit(130);
    this.#abort(name);
  };
  readonly #onDisconnect = (): void => {
    this.#abort('the end of the parent process');
    setTimeout(() => process.exit(1), orphanGraceMs).unref();
  };

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  start(): void {
    process.on('SIGINT', this.#onSignal);
    process.on('SIGTERM', this.#onSignal);
    if (process.send) process.on('disconnect', this.#onDisconnect);
  }

  /** After this the parent's channel no longer keeps the process alive: it ends when nothing is left to do. */
  stop(): void {
    process.off('SIGINT', this.#onSignal);
    process.off('SIGTERM', this.#onSignal);
    process.off('disconnect', this.#onDisconnect);
  }

  #abort(by: string): void {
    if (this.signal.aborted) return;
    this.#controller.abort(new AgentError('aborted', `interrupted by ${by}`, { detail: { by } }));
  }
}
