import { DisjointSets } from '../../../runtime/disjointSets.js';

/** Channels `start`, `start + step`, ... of a tensor. */
export interface ChannelRun {
  readonly tensor: string;
  readonly start: number;
  readonly step: number;
}

/** The first `count` channels of two runs, which are the same channels. */
export interface ChannelMove {
  readonly from: ChannelRun;
  readonly to: ChannelRun;
  readonly count: number;
}

/** The class of the channels that stay as they are. */
export const pinnedClass = 0;

/**
 * Which channels of a network's tensors must be scaled alike: a partition of all channels into classes, one of which is
 * the pinned one, whose channels stay as they are.
 */
export class ChannelClasses {
  readonly #channels: ReadonlyMap<string, number>;
  /** By tensor, the element of its first channel; element 0 is the pinned class, and the smallest of a set names it. */
  readonly #offsets = new Map<string, number>();
  readonly #sets: DisjointSets;

  /** @param channels number by tensor; channels of other tensors count as pinned */
  constructor(channels: ReadonlyMap<string, number>) {
    this.#channels = channels;
    let size = pinnedClass + 1;
    for (const [tensor, count] of channels) {
      this.#offsets.set(tensor, size);
      size += count;
    }
    this.#sets = new DisjointSets(size);
  }

  /** All classes' numbers lie below it. */
  get size(): number {
    return this.#sets.size;
  }

  get tensors(): Iterable<string> {
    return this.#channels.keys();
  }

  channelsOf(tensor: string): number {
    return this.#channels.get(tensor) ?? 0;
  }

  /** Returns the class of one channel. */
  classOf(tensor: string, channel: number): number {
    const offset = this.#offsets.get(tensor);
    return offset === undefined ? pinnedClass : this.#sets.find(offset + channel);
  }

  /** Returns the class of each channel. */
  classesOf(tensor: string): number[] {
    return Array.from({ length: this.channelsOf(tensor) }, (_, channel) => this.classOf(tensor, channel));
  }

  /** Puts each channel of a run into one class with its counterpart. */
  join({ from, to, count }: ChannelMove): void {
    for (let i = 0; i < count; i++) {
      const a = this.classOf(from.tensor, from.start + i * from.step);
      const b = this.classOf(to.tensor, to.start + i * to.step);
      this.#sets.unite(a, b);
    }
  }

  /** Puts equal channels of two tensors into one class each; pins both where their numbers of channels differ. */
  joinAll(a: string, b: string): void {
    const count = this.channelsOf(a);
    if (count === this.channelsOf(b)) {
      this.join({ from: { tensor: a, start: 0, step: 1 }, to: { tensor: b, start: 0, step: 1 }, count });
    } else {
      this.pin(a);
      this.pin(b);
    }
  }

  /** Keeps all channels of a tensor as they are. */
  pin(tensor: string): void {
    for (const index of this.classesOf(tensor)) this.#sets.unite(index, pinnedClass);
  }
}
