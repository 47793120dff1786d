import { randomUUID } from 'node:crypto';
import { type FileHandle, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { TensorMap } from '../../runtime/engines/engine.js';
import type { Tensor } from '../../runtime/graph/tensor.js';
import type { Feed } from './workbench.js';

export interface TensorStoreOptions {
  /** Of tensors that are held in memory. Default: no limit. */
  readonly heldBytes?: number;
  /** Where the rest is written. Default: there is nowhere, all is held. */
  readonly folder?: string | undefined;
}

/**
 * Keeps the tensors of many images until they are needed: in memory as far as its budget goes, else in files, which
 * are read back to the last bit. What cannot be written, as the disk is full, is held after all.
 *
 * The files have no names: whatever becomes of the process, none stays behind.
 */
export class TensorStore {
  readonly #folder: string | undefined;
  #freeBytes: number;

  constructor({ heldBytes = Number.POSITIVE_INFINITY, folder }: TensorStoreOptions = {}) {
    this.#freeBytes = heldBytes;
    this.#folder = folder;
  }

  /** Returns a place for tensors that go together; whoever asks for it clears it. */
  shelf(): Shelf {
    return new Shelf((bytes) => this.#take(bytes), this.#folder);
  }

  /** Returns whether the budget had so many bytes left, which now are gone; a negative number gives bytes back. */
  #take(bytes: number): boolean {
    if (bytes > this.#freeBytes) return false;
    this.#freeBytes -= bytes;
    return true;
  }
}

/** One map of tensors for each of many images. */
export class Shelf {
  readonly #take: (bytes: number) => boolean;
  readonly #folder: string | undefined;
  /** Bytes held, by image. */
  readonly #held = new Map<number, number>();
  #file: Promise<FileHandle> | undefined;
  #fileBytes = 0;

  /** Made by `TensorStore.shelf`. */
  constructor(take: (bytes: number) => boolean, folder: string | undefined) {
    this.#take = take;
    this.#folder = folder;
  }

  /** Keeps an image's tensors, once for each image, and returns them as a feed. */
  async keep(image: number, tensors: TensorMap): Promise<Feed> {
    const bytes = Object.values(tensors).reduce((sum, { data }) => sum + data.byteLength, 0);
    if (this.#folder === undefined) return tensors;
    if (this.#take(bytes)) {
      this.#held.set(image, bytes);
      return tensors;
    }
    try {
      return await this.#write(await this.#openFile(this.#folder), tensors);
    } catch {
      return tensors;
    }
  }

  /** Gives an image's part of the budget back, when its feed is needed no more. */
  drop(image: number): void {
    this.#take(-(this.#held.get(image) ?? 0));
    this.#held.delete(image);
  }

  /** Drops all that is kept; feeds that were written cannot be read any more. */
  async clear(): Promise<void> {
    for (const image of [...this.#held.keys()]) this.drop(image);
    const file = this.#file;
    this.#file = undefined;
    await (await file?.catch(() => undefined))?.close();
  }

  #openFile(folder: string): Promise<FileHandle> {
    this.#file ??= openNameless(folder);
    return this.#file;
  }

  async #write(file: FileHandle, tensors: TensorMap): Promise<Feed> {
    const written = Object.entries(tensors).map(([name, tensor]) => {
      const position = this.#fileBytes;
      this.#fileBytes += tensor.data.byteLength;
      return { name, tensor, position };
    });
    for (const { tensor, position } of written) await writeWhole(file, bytesOf(tensor), position);
    const readers = written.map(({ name, tensor, position }) => ({
      name,
      read: reader(file, tensor, position),
    }));
    return async () =>
      Object.fromEntries(await Promise.all(readers.map(async ({ name, read }) => [name, await read()])));
  }
}

async function openNameless(folder: string): Promise<FileHandle> {
  const path = join(folder, `.tensors-${randomUUID()}`);
  const file = await open(path, 'wx+', 0o600);
  await rm(path, { force: true });
  return file;
}

async function writeWhole(file: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    done += (await file.write(bytes, done, bytes.length - done, position + done)).bytesWritten;
  }
}

/** Returns what reads a tensor back that was written; of the tensor itself only its type is kept. */
function reader(file: FileHandle, { dtype, dims, data }: Tensor, position: number): () => Promise<Tensor> {
  const { length } = data;
  const Values = data.constructor as new (length: number) => Tensor['data'];
  return async () => {
    const tensor: Tensor = { dtype, dims, data: new Values(length) };
    const bytes = bytesOf(tensor);
    const { bytesRead } = await file.read(bytes, 0, bytes.length, position);
    if (bytesRead < bytes.length)
      throw new Error(`expected ${bytes.length} bytes at ${position}, got ${bytesRead}`);
    return tensor;
  };
}

function bytesOf({ data }: Tensor): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}
