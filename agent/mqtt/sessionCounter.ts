import { z } from 'zod';
import { readTextIfPresent, writeFileAtomic } from '../state/atomicFile.js';

const fileSchema = z.object({ session: z.int().min(0) });

/** The number of a connection: it grows with each, over restarts too, so that a late Last Will is recognised. */
export class SessionCounter {
  readonly #path: string;
  #last = 0;

  constructor(path: string) {
    this.#path = path;
  }

  /** A file that is missing or corrupt starts the count at the seconds since the epoch, above any earlier count. */
  async load(): Promise<void> {
    try {
      this.#last = fileSchema.parse(JSON.parse((await readTextIfPresent(this.#path)) ?? '')).session;
    } catch {
      this.#last = Math.floor(Date.now() / 1000);
    }
  }

  /** The number of the connection that was made last. */
  get current(): number {
    return this.#last;
  }

  /** The number that the next connection will have. */
  get next(): number {
    return this.#last + 1;
  }

  /**
   * Counts a connection that was made, on disk too.
   *
   * @throws AgentError `disk_full`, `file_unreadable`; the count has grown all the same
   */
  async advance(): Promise<void> {
    this.#last += 1;
    await writeFileAtomic(this.#path, JSON.stringify({ session: this.#last }));
  }
}
