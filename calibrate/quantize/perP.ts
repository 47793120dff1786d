import { allP, finitePCount, indexOfP, type PIndex } from './lpMetric.js';

/** Returns the p, the given one among them, that are found in one go; those of a group have the same group. */
export type GroupOf = (p: PIndex) => readonly PIndex[];

const usual = indexOfP(2);
const others = allP.filter((p) => p < finitePCount && p !== usual);

/** Each p by itself. */
export const alone: GroupOf = (p) => [p];

/** p = 2, with which most networks are looked at only, and min-max by themselves, the others together. */
export const withOthers: GroupOf = (p) => (others.includes(p) ? others : [p]);

/** What each p of `pValues` chooses, found when it is first asked for: most networks are only ever looked at with one or two. */
export class PerP<T> {
  readonly #find: (wanted: readonly PIndex[]) => readonly T[];
  readonly #groupOf: GroupOf;
  readonly #found = new Map<PIndex, T>();

  /** @param find returns the choices of a group, in its order; called at most once for each group */
  constructor(find: (wanted: readonly PIndex[]) => readonly T[], groupOf: GroupOf = alone) {
    this.#find = find;
    this.#groupOf = groupOf;
  }

  at(p: PIndex): T {
    if (!this.#found.has(p)) {
      const group = this.#groupOf(p);
      for (const [i, choice] of this.#find(group).entries()) this.#found.set(group[i]!, choice);
    }
    return this.#found.get(p)!;
  }

  /** Returns the choices of all p. */
  all(): T[] {
    return allP.map((p) => this.at(p));
  }

  /** Returns the same choices but for one p. */
  with(p: PIndex, value: T): PerP<T> {
    return new PerP(([one]) => [one === p ? value : this.at(one!)]);
  }
}
