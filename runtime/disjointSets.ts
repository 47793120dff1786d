/** A partition of the whole numbers below `size` (union-find with path compression). */
export class DisjointSets {
  readonly #parent: Int32Array;

  /** @param size each number is a set of its own at first */
  constructor(size: number) {
    this.#parent = Int32Array.from({ length: size }, (_, i) => i);
  }

  get size(): number {
    return this.#parent.length;
  }

  /** Returns the smallest number of the set that `element` is in. */
  find(element: number): number {
    let root = element;
    while (this.#parent[root] !== root) root = this.#parent[root]!;
    for (let next = element; next !== root; ) {
      const after = this.#parent[next]!;
      this.#parent[next] = root;
      next = after;
    }
    return root;
  }

  unite(a: number, b: number): void {
    const [rootOfA, rootOfB] = [this.find(a), this.find(b)];
    this.#parent[Math.max(rootOfA, rootOfB)] = Math.min(rootOfA, rootOfB);
  }
}
