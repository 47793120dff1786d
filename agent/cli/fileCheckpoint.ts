import { constants, open, rm } from 'node:fs/promises';
import type { Checkpoint } from '../../calibrate/detptq/checkpoint.js';
import { fileError, readTextIfPresent, writeFileAtomic } from '../state/atomicFile.js';

export interface FileCheckpointOptions {
  /** Go on from what the file holds; else it is replaced by the first line. */
  readonly resume: boolean;
  /** Tells people what happens. */
  readonly note: (text: string) => void;
  /** Says what an interruption from now on leaves behind. */
  readonly keep: (text: string) => void;
}

/**
 * A checkpoint in a file, one line after the other. A line that a kill or a power cut left unfinished counts as none.
 * Once a line cannot be written, none is any more: a search is worth more than its checkpoint, and goes on.
 */
export class FileCheckpoint implements Checkpoint {
  readonly #path: string;
  readonly #options: FileCheckpointOptions;
  /** Length of the whole lines; 0 until the file is this search's own. */
  #sizeBytes = 0;
  #isLost = false;

  constructor(path: string, options: FileCheckpointOptions) {
    this.#path = path;
    this.#options = options;
  }

  /** @throws AgentError `file_unreadable` */
  async load(): Promise<readonly string[]> {
    const { resume, note } = this.#options;
    if (!resume) return [];
    const text = (await readTextIfPresent(this.#path)) ?? '';
    const whole = text.slice(0, text.lastIndexOf('\n') + 1);
    this.#sizeBytes = Buffer.byteLength(whole);
    if (whole === '') note(`${this.#path} holds nothing to go on from: starting from the beginning`);
    else this.#tellKept();
    return whole.split('\n').slice(0, -1);
  }

  async append(line: string): Promise<void> {
    if (this.#isLost) return;
    try {
      await this.#write(`${line}\n`);
      this.#tellKept();
    } catch (cause) {
      this.#isLost = true;
      const { message } = fileError(cause, 'write', this.#path);
      this.#options.note(`warning: ${message}; the search goes on without a checkpoint`);
      if (this.#sizeBytes > 0)
        this.#options.keep(`the first steps are kept in ${this.#path}: go on with --resume`);
    }
  }

  /** Removes the file: the search has ended. */
  async remove(): Promise<void> {
    await rm(this.#path, { force: true });
  }

  #tellKept(): void {
    this.#options.keep(`the steps done are kept in ${this.#path}: go on with --resume`);
  }

  async #write(text: string): Promise<void> {
    if (this.#sizeBytes === 0) await writeFileAtomic(this.#path, text);
    else await this.#extend(text);
    this.#sizeBytes += Buffer.byteLength(text);
  }

  /** An unfinished line behind the whole ones, of an earlier run, is cut off first. */
  async #extend(text: string): Promise<void> {
    // Never creates the file: one that was taken away has lost its first lines.
    const handle = await open(this.#path, constants.O_WRONLY | constants.O_APPEND);
    try {
      await handle.truncate(this.#sizeBytes);
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
  }
}
