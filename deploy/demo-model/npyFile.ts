import { type FileHandle, open } from 'node:fs/promises';

/** A NumPy array of bytes, written item by item; `numpy.load(path, mmap_mode='r')` maps it into memory. */
export class NpyFile {
  readonly #file: FileHandle;

  private constructor(file: FileHandle) {
    this.#file = file;
  }

  /** Creates the file for an array of the shape; its items are given one by one along the first axis. */
  static async create(path: string, shape: readonly number[]): Promise<NpyFile> {
    const file = await open(path, 'w');
    await file.write(header(shape));
    return new NpyFile(file);
  }

  async append(item: Uint8Array): Promise<void> {
    await this.#file.write(item);
  }

  async close(): Promise<void> {
    await this.#file.close();
  }
}

/** Version 1.0 of https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html, padded to 64 bytes. */
function header(shape: readonly number[]): Uint8Array {
  const prelude = 10;
  const text = `{'descr': '|u1', 'fortran_order': False, 'shape': (${shape.join(', ')},), }`;
  const length = Math.ceil((prelude + text.length + 1) / 64) * 64 - prelude;
  const bytes = Buffer.alloc(prelude + length, ' ');
  bytes.write('\x93NUMPY\x01\x00', 0, 'latin1');
  bytes.writeUInt16LE(length, 8);
  bytes.write(text, prelude, 'latin1');
  bytes.write('\n', bytes.length - 1, 'latin1');
  return bytes;
}
