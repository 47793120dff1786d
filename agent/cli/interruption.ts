import { AgentError } from '../../runtime/errors.js';

/** Time that a command has to stop by itself before the process ends anyway. */
const graceMs = 10_000;

/**
 * Ends a command early: the first SIGINT or SIGTERM, or the loss of the parent that forked this process, aborts
 * `signal`; a second one, or `graceMs` without an end, ends the process at once.
 */
export class Interruption {
  readonly #controller = new AbortController();
  readonly #onSignal = (name: NodeJS.Signals): void => this.#interrupt(name);
  readonly #onDisconnect = (): void => this.#interrupt('the end of the parent process');

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  start(): void {
    process.on('SIGINT', this.#onSignal);
    process.on('SIGTERM', this.#onSignal);
    if (process.send) process.on('disconnect', this.#onDisconnect);
  }

  /** After this the process ends as soon as nothing is left to do: the parent's channel no longer keeps it alive. */
  stop(): void {
    process.off('SIGINT', this.#onSignal);
    process.off('SIGTERM', this.#onSignal);
    process.off('disconnect', this.#onDisconnect);
  }

  #interrupt(by: string): void {
    if (this.signal.aborted) process.exit(130);
    this.#controller.abort(new AgentError('aborted', `interrupted by ${by}`, { detail: { by } }));
    setTimeout(() => process.exit(130), graceMs).unref();
  }
}
