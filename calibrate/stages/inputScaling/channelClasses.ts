/** One channel of a tensor. */
export interface Channel {
  readonly tensor: string;
  readonly channel: number;
}

/**
 * Which channels of a network's tensors must be scaled alike: a partition of all channels into classes (union-find), one
 * of which is the *pinned* one, whose channels stay as they are.
 */
export class ChannelClasses {
  readonly #offsets = new Map<string, number>();
  readonly #channels: ReadonlyMap<string, number>;
  readonly #parent: Int32Array;

  /** @param channels by tensor: only these have classes, all else counts as pinned */
  constructor(channels: ReadonlyMap<string, number>) {
    this.#channels = channels;
    // Element 0 is the pinned class.
    let count = 1;
    for (const [tensor, number] of channels) {
      this.#offsets.set(tensor, count);
      count += number;
    }
    this.#parent = Int32Array.from({ length: count }, (_, i) => i);
  }

  /** Number of elements that class numbers lie below. */
  get size(): number {
    return this.#parent.length;
  }

  get tensors(): Iterable<string> {
    return this.#channels.keys();
  }

  channelsOf(tensor: string): number {
    return this.#channels.get(tensor) ?? 0;
  }

  /** Returns the number of the class; 0 is the pinned one. */
  classOf({ tensor, channel }: Channel): number {
    const offset = this.#offsets.get(tensor);
    return offset === undefined ? 0 : this.#find(offset + channel);
  }

  /** Puts two channels into one class. */
  join(a: Channel, b: Channel): void {
    this.#unite(this.classOf(a), this.classOf(b));
  }

  /** Puts equal channels of two tensors into one class each; pins both where their numbers of channels differ. */
  joinAll(a: string, b: string): void {
    if (this.channelsOf(a) !== this.channelsOf(b)) {
      this.pin(a);
      this.pin(b);
      return;
    }
    for (let channel = 0; channel < this.channelsOf(a); channel++) {
      this.join({ tensor: a, channel }, { tensor: b, channel });
    }
  }

  /** Keeps all channels of a tensor as they are. */
  pin(tensor: string): void {
    for (let channel = 0; channel < this.channelsOf(tensor); channel++) {
      this.#unite(this.classOf({ tensor, channel }), 0);
    }
  }

  #find(element: number): number {
    let root = element;
    while (this.#parent[root] !== root) root = this.#parent[root]!;
    let next = element;
    while (this.#parent[next] !== root) {
      const after = this.#parent[next]!;
      this.#parent[next] = root;
      next = after;
    }
    return root;
  }

  /** The smaller number becomes the root, so that the pinned class stays 0. */
  #unite(a: number, b: number): void {
    this.#parent[Math.max(a, b)] = Math.min(a, b);
  }
}
