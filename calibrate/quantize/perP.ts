import { allP, indexOfP, type PIndex } from './lpMetric.js';

const usual = indexOfP(2);

/**
 * What each p of `pValues` chooses, found when it is first asked for: most networks are only ever looked at with p = 2, which is
 * always found first and alone. Whoever asks for a second p goes through all of them, so the rest is then found in one go.
 */
export class PerP<T> {
  readonly #find: (wanted: readonly PIndex[]) => readonly T[];
  readonly #found: Map<PIndex, T>;

  /** @param find returns the choices of the p asked for, in their order; called at most once for each p */
  constructor(find: (wanted: readonly PIndex[]) => readonly T[], found = new Map<PIndex, T>()) {
    this.#find = find;
    this.#found = found;
  }

  /** @param values one for each p of `pValues` */
  static of<T>(values: readonly T[]): PerP<T> {
    return new PerP(() => [], new Map(values.entries()));
  }

  at(p: PIndex): T {
    if (!this.#found.has(usual)) this.#add([usual]);
    if (!this.#found.has(p)) this.#add(allP.filter((other) => !this.#found.has(other)));
    return this.#found.get(p)!;
  }

  #add(wanted: readonly PIndex[]): void {
    const found = this.#find(wanted);
    for (const [i, one] of wanted.entries()) this.#found.set(one, found[i]!);
  }

  /** Returns the choices of all p. */
  all(): T[] {
    return allP.map((p) => this.at(p));
  }

  /** Returns the same choices but for one p. */
  with(p: PIndex, value: T): PerP<T> {
    return new PerP((wanted) => wanted.map((one) => this.at(one)), new Map(this.#found).set(p, value));
  }
}
