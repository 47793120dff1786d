/**
 * A histogram of finite values that grows with them: bins of equal width over [-limit, limit], where the
 * limit is a power of two that doubles, merging bins in pairs, when a larger value comes. So one pass
 * suffices, the result does not depend on the order of the values, and at least a quarter of the bins cover
 * the values seen. Exact zeros are counted apart: zero is on every grid and has no error.
 */
export class GrowingHistogram {
  static readonly bins = 4096;
  /** Weights of the values by bin; bin `i` covers [-limit + i * binWidth, -limit + (i + 1) * binWidth). */
  readonly counts = new Float64Array(GrowingHistogram.bins);
  zeros = 0;
  min = Number.POSITIVE_INFINITY;
  max = Number.NEGATIVE_INFINITY;
  #limit = 2 ** -20;

  get limit(): number {
    return this.#limit;
  }

  get binWidth(): number {
    return (2 * this.#limit) / GrowingHistogram.bins;
  }

  /** Number of finite values, zeros included, each times its weight. */
  get count(): number {
    return this.counts.reduce((sum, count) => sum + count, this.zeros);
  }

  /**
   * Adds every finite element of `values`; NaN and infinities are passed over.
   *
   * @param weight of each, a whole number: so many values it stands for
   */
  add(values: Float32Array, weight = 1): void {
    let min = this.min;
    let max = this.max;
    for (let i = 0; i < values.length; i++) {
      const x = values[i]!;
      if (x < min && x - x === 0) min = x;
      if (x > max && x - x === 0) max = x;
    }
    if (min > max) return;
    this.min = min;
    this.max = max;
    while (this.#limit < -min || this.#limit <= max) this.#double();
    const { counts } = this;
    const scale = GrowingHistogram.bins / (2 * this.#limit);
    const half = GrowingHistogram.bins / 2;
    let zeros = 0;
    for (let i = 0; i < values.length; i++) {
      const x = values[i]!;
      if (x === 0) zeros++;
      else if (x - x === 0) counts[Math.floor(x * scale + half)]! += weight;
    }
    this.zeros += zeros * weight;
  }

  #double(): void {
    const { counts } = this;
    const { bins } = GrowingHistogram;
    const merged = new Float64Array(bins);
    for (let i = 0; i < bins; i++) {
      const target = bins / 4 + (i >> 1);
      merged[target] = merged[target]! + counts[i]!;
    }
    counts.set(merged);
    this.#limit *= 2;
  }
}

/** The occupied bins of histograms of one grid: `centers[i]` stands for `weights[i]` of all values, 0..1. */
export interface ValueDistribution {
  readonly centers: Float64Array;
  readonly weights: Float64Array;
  readonly min: number;
  readonly max: number;
  /** The same values apart, where the channels go through several functions: those of each, in the activation's order. */
  readonly byFunction?: readonly Pick<ValueDistribution, 'centers' | 'weights'>[];
}

/**
 * Returns the distribution of the values of several tensors together, as a share of all their values, exact
 * zeros counted but not listed. A tensor counts by its number of elements. Bins are those of the widest
 * histogram.
 */
export function mergeDistributions(histograms: readonly GrowingHistogram[]): ValueDistribution {
  const { bins } = GrowingHistogram;
  const limit = Math.max(...histograms.map((histogram) => histogram.limit));
  const min = Math.min(0, ...histograms.map((histogram) => histogram.min));
  const max = Math.max(0, ...histograms.map((histogram) => histogram.max));
  const merged = new Float64Array(bins);
  let total = 0;
  for (const histogram of histograms) {
    total += histogram.count;
    const shrink = histogram.limit / limit;
    for (let i = 0; i < bins; i++) {
      const target = bins / 2 + Math.floor((i - bins / 2) * shrink);
      merged[target] = merged[target]! + histogram.counts[i]!;
    }
  }
  const occupied: number[] = [];
  for (let i = 0; i < bins; i++) if (merged[i]! > 0) occupied.push(i);
  const binWidth = (2 * limit) / bins;
  return {
    // The outermost bins reach beyond the values seen; their centre must not.
    centers: Float64Array.from(occupied, (i) => Math.min(max, Math.max(min, -limit + (i + 0.5) * binWidth))),
    weights: Float64Array.from(occupied, (i) => merged[i]! / total),
    min,
    max,
  };
}
