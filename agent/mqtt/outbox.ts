/** What becomes of a message while there is no connection, or too many wait. */
export type Keeping =
  /** Not queued: the value of the moment, or one that every connect publishes again. */
  | 'drop'
  /** Queued, and the oldest of these goes first when the queue is full. */
  | 'queue'
  /** Queued, and never given up: the outcome of a job. */
  | 'always';

export interface OutgoingMessage {
  readonly topic: string;
  readonly payload: string;
  readonly qos: 0 | 1;
  readonly retain: boolean;
  readonly keeping: Keeping;
}

/** Messages that wait for a connection, in order, with a bound on those that may be given up. */
export class Outbox {
  readonly #limit: number;
  #messages: OutgoingMessage[] = [];

  constructor(limit: number) {
    this.#limit = limit;
  }

  get length(): number {
    return this.#messages.length;
  }

  add(message: OutgoingMessage): void {
    if (message.keeping === 'drop') return;
    this.#messages.push(message);
    if (this.#messages.length <= this.#limit) return;
    const oldest = this.#messages.findIndex(({ keeping }) => keeping === 'queue');
    if (oldest >= 0) this.#messages.splice(oldest, 1);
  }

  /** Returns all messages in order and forgets them. */
  take(): OutgoingMessage[] {
    return this.#messages.splice(0);
  }
}
