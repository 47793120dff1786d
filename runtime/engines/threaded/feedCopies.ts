import type { TensorData } from '../../graph/tensor.js';
import type { TensorMap } from '../engine.js';
import { mapTensors } from './movableTensors.js';

/** Enough for a detector's inputs in all the runs that a server lets overlap. */
const spareLimit = 8;

/**
 * Copies of feeds that move to a session's thread and whose buffers come back for the next run. Fresh memory takes longer
 * to get than to fill, and its garbage grows to some 64 MB in the thread before a collection of garbage there.
 */
export class FeedCopies {
  readonly #spare: ArrayBuffer[] = [];

  /** Returns the feeds over buffers of their own, each of which holds nothing else. */
  copy(feeds: TensorMap): TensorMap {
    return mapTensors(feeds, (data) => {
      const Kind = data.constructor as new (buffer: ArrayBuffer) => TensorData;
      const copy = new Kind(this.#take(data.byteLength));
      copy.set(data as never);
      return copy;
    });
  }

  /** Takes the buffers of a copy back. */
  recycle(buffers: readonly ArrayBuffer[]): void {
    this.#spare.push(...buffers);
    if (this.#spare.length > spareLimit) this.#spare.splice(0, this.#spare.length - spareLimit);
  }

  #take(byteLength: number): ArrayBuffer {
    const index = this.#spare.findIndex((buffer) => buffer.byteLength === byteLength);
    return index < 0 ? new ArrayBuffer(byteLength) : this.#spare.splice(index, 1)[0]!;
  }
}
