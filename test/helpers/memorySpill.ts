import type { SpillFile } from '../../calibrate/workbench/tensorStore.js';

/** A file in memory, which may take only so much. */
export class MemorySpill implements SpillFile {
  readonly #bytes: Uint8Array;
  /** Where the last of what was written ends, in bytes. */
  size = 0;
  isClosed = false;

  constructor(roomBytes = 2 ** 22) {
    this.#bytes = new Uint8Array(roomBytes);
  }

  async write(bytes: Uint8Array, position: number): Promise<void> {
    if (this.isClosed || position + bytes.length > this.#bytes.length) throw new Error('no room');
    this.#bytes.set(bytes, position);
    this.size = Math.max(this.size, position + bytes.length);
  }

  async read(bytes: Uint8Array, position: number): Promise<void> {
    if (this.isClosed) throw new Error('it is closed');
    bytes.set(this.#bytes.subarray(position, position + bytes.length));
  }

  async close(): Promise<void> {
    this.isClosed = true;
  }
}
