/**
 * Calls `action` at once, and then at most once per `intervalMs`: calls in between are one call at its end, so that
 * the last state is always told.
 */
export class Throttle {
  readonly #action: () => void;
  readonly #intervalMs: number;
  #timer: NodeJS.Timeout | undefined;
  #pending = false;

  constructor(action: () => void, intervalMs: number) {
    this.#action = action;
    this.#intervalMs = intervalMs;
  }

  trigger(): void {
    if (this.#timer !== undefined) {
      this.#pending = true;
      return;
    }
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      if (this.#pending) this.trigger();
    }, this.#intervalMs);
    this.#pending = false;
    this.#action();
  }

  /** Forgets a call that waits. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#pending = false;
  }
}
