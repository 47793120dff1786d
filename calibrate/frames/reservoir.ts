import type { Random } from '../random.js';

/** Keeps a uniform random choice of `capacity` items out of any number offered (algorithm R, Vitter 1985). */
export class Reservoir<T> {
  readonly #capacity: number;
  readonly #random: Random;
  readonly #kept: { readonly item: T; readonly order: number }[] = [];
  #offered = 0;

  constructor(capacity: number, random: Random) {
    this.#capacity = capacity;
    this.#random = random;
  }

  /** How many items were offered. */
  get offered(): number {
    return this.#offered;
  }

  add(item: T): void {
    const order = this.#offered++;
    const place = order < this.#capacity ? order : this.#random.below(order + 1);
    if (place < this.#capacity) this.#kept[place] = { item, order };
  }

  /** Returns the choice, in the order in which the items were offered. */
  chosen(): T[] {
    return [...this.#kept].sort((a, b) => a.order - b.order).map(({ item }) => item);
  }
}
