import { randomUUID } from 'node:crypto';
import { type FileHandle, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { SpillFile } from '../../calibrate/workbench/tensorStore.js';
import { fileError } from '../state/atomicFile.js';

/**
 * A file without a name: whatever becomes of the process, nothing of it stays behind.
 *
 * Its methods throw AgentError `disk_full`, `file_unreadable`.
 */
export class NamelessFile implements SpillFile {
  readonly #folder: string;
  readonly #handle: FileHandle;

  private constructor(folder: string, handle: FileHandle) {
    this.#folder = folder;
    this.#handle = handle;
  }

  /** @param folder an existing one, on the disk that the file takes room of */
  static async open(folder: string): Promise<NamelessFile> {
    const path = join(folder, `.nameless-${randomUUID()}`);
    try {
      const handle = await open(path, 'wx+', 0o600);
      await rm(path);
      return new NamelessFile(folder, handle);
    } catch (cause) {
      throw fileError(cause, 'write', path);
    }
  }

  async write(bytes: Uint8Array, position: number): Promise<void> {
    try {
      for (let done = 0; done < bytes.length; ) {
        done += (await this.#handle.write(bytes, done, bytes.length - done, position + done)).bytesWritten;
      }
    } catch (cause) {
      throw fileError(cause, 'write', this.#folder);
    }
  }

  async read(bytes: Uint8Array, position: number): Promise<void> {
    try {
      for (let done = 0; done < bytes.length; ) {
        const { bytesRead } = await this.#handle.read(bytes, done, bytes.length - done, position + done);
        if (bytesRead === 0) throw new Error(`it ends at ${position + done}, expected more`);
        done += bytesRead;
      }
    } catch (cause) {
      throw fileError(cause, 'read', this.#folder);
    }
  }

  close(): Promise<void> {
    return this.#handle.close();
  }
}
