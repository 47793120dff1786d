import type { TensorMap } from '../../runtime/engines/engine.js';
import type { Tensor } from '../../runtime/graph/tensor.js';
import type { Feed } from './workbench.js';

/** A place beside memory, that is gone once it is closed. */
export interface SpillFile {
  /** Writes all bytes, at a place of the file in bytes. */
  write(bytes: Uint8Array, position: number): Promise<void>;
  /** Fills `bytes` from a place of the file that was written. */
  read(bytes: Uint8Array, position: number): Promise<void>;
  close(): Promise<void>;
}

export interface TensorStoreOptions {
  /** Of tensors that are held in memory. Default: no limit. */
  readonly heldBytes?: number;
  /** Opens a place for the rest. Default: there is none, all is held. */
  readonly openSpill?: (() => Promise<SpillFile>) | undefined;
}

/**
 * Keeps the tensors of many images until they are needed: in memory as far as its budget goes, else in files, which
 * are read back to the last bit. What cannot be written, as the disk is full, is held after all.
 */
export class TensorStore {
  readonly #openSpill: TensorStoreOptions['openSpill'];
  #freeBytes: number;

  constructor({ heldBytes = Number.POSITIVE_INFINITY, openSpill }: TensorStoreOptions = {}) {
    this.#freeBytes = heldBytes;
    this.#openSpill = openSpill;
  }

  /** Returns a place for tensors that go together; whoever asks for it clears it. */
  shelf(): Shelf {
    return new Shelf((bytes) => this.#take(bytes), this.#openSpill);
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
  readonly #openSpill: TensorStoreOptions['openSpill'];
  /** Bytes held, by image. */
  readonly #held = new Map<number, number>();
  #file: Promise<SpillFile> | undefined;
  #fileBytes = 0;

  /** Made by `TensorStore.shelf`. */
  constructor(take: (bytes: number) => boolean, openSpill: TensorStoreOptions['openSpill']) {
    this.#take = take;
    this.#openSpill = openSpill;
  }

  /** Keeps an image's tensors, once for each image, and returns them as a feed. */
  async keep(image: number, tensors: TensorMap): Promise<Feed> {
    const bytes = Object.values(tensors).reduce((sum, { data }) => sum + data.byteLength, 0);
    if (this.#openSpill === undefined) return tensors;
    if (this.#take(bytes)) {
      this.#held.set(image, bytes);
      return tensors;
    }
    try {
      this.#file ??= this.#openSpill();
      return await this.#write(await this.#file, tensors);
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

  async #write(file: SpillFile, tensors: TensorMap): Promise<Feed> {
    const written = Object.entries(tensors).map(([name, tensor]) => {
      const position = this.#fileBytes;
      this.#fileBytes += tensor.data.byteLength;
      return { name, tensor, position };
    });
    for (const { tensor, position } of written) await file.write(bytesOf(tensor), position);
    const readers = written.map(({ name, tensor, position }) => ({
      name,
      read: reader(file, tensor, position),
    }));
    return async () =>
      Object.fromEntries(await Promise.all(readers.map(async ({ name, read }) => [name, await read()])));
  }
}

/** Returns what reads a tensor back that was written; of the tensor itself only its type is kept. */
function reader(file: SpillFile, { dtype, dims, data }: Tensor, position: number): () => Promise<Tensor> {
  const { length } = data;
  const Values = data.constructor as new (length: number) => Tensor['data'];
  return async () => {
    const tensor: Tensor = { dtype, dims, data: new Values(length) };
    await file.read(bytesOf(tensor), position);
    return tensor;
  };
}

function bytesOf({ data }: Tensor): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}
