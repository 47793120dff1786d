import { elementCount, type Tensor } from '../../runtime/graph/tensor.js';
import { clamp, roundHalfToEven, weightRange } from '../../runtime/quantParams.js';
import { type LatticePoint, leastOnLattice } from './leastOnLattice.js';
import { allP, finitePCount, lpDistances, type PIndex } from './lpMetric.js';

/**
 * Shares of the largest magnitude that a channel's range is cut to, widest first. At 2 bits, where a code below
 * the range remains, heavy tails want less than a fifth of it.
 */
const clipFactors = Array.from({ length: 91 }, (_, i) => 1 - i / 100);

/** Weights on a symmetric grid per output channel (axis 0): `w^ = scales[channel] * code`. */
export interface QuantizedWeights {
  readonly dims: readonly number[];
  readonly codes: Int8Array;
  /** One per output channel, not 0; negative where the longer tail is positive (signedScales.ts). */
  readonly scales: Float32Array;
}

/**
 * Returns, for each p asked for, one scale per output channel that minimises `sum |w - w^|^p` over the
 * channel's weights, rounded to nearest. p = infinity is min-max. A channel of zeros gets scale 1.
 *
 * Normalised by its largest magnitude, every channel of every layer meets the same errors, so they stand in
 * a table by clip and bin, and a channel's distance at a clip is a sum over its bins (detptq.md 2).
 *
 * @param weights float32 `[channels, ...]`
 * @param ps positions in `pValues`. Default: all.
 */
export function chooseWeightScales(
  weights: Tensor,
  bits: number,
  ps: readonly PIndex[] = allP,
): readonly Float32Array[] {
  const { qmax } = weightRange(bits);
  const channels = weights.dims[0]!;
  const size = elementCount(weights.dims) / channels;
  const tables = lpTables(bits);
  const summed = ps.flatMap((p) => tables[p] ?? []);
  const chosen = ps.map(() => new Float32Array(channels));
  const histogram = new UnitHistogram();
  for (let channel = 0; channel < channels; channel++) {
    const values = (weights.data as Float32Array).subarray(channel * size, (channel + 1) * size);
    const largest = largestMagnitude(values);
    histogram.count(values, largest);
    const distancesAt = ({ row: clip }: LatticePoint) => histogram.distances(clip, summed);
    const least = leastOnLattice({ rows: clipFactors.length, columns: 1 }, distancesAt);
    for (const [i, scales] of chosen.entries()) {
      // p = infinity, which is last, has no distances: the widest.
      const factor = clipFactors[least[i]?.row ?? 0]!;
      scales[channel] = largest > 0 ? (largest * factor) / qmax : 1;
    }
  }
  return chosen;
}

const tableBins = 2048;
const one = Float64Array.of(1);
const tablesOfBits = new Map<number, readonly Float32Array[]>();

/**
 * Returns, for each finite p, the errors of u in [-1, 1] to that power, `[clip, bin]`, on the symmetric grid of `bits` bits
 * cut to each clip.
 */
function lpTables(bits: number): readonly Float32Array[] {
  const known = tablesOfBits.get(bits);
  if (known) return known;
  const { qmin, qmax } = weightRange(bits);
  const clips = clipFactors.length;
  const tables = Array.from({ length: finitePCount }, () => new Float32Array(tableBins * clips));
  for (let bin = 0; bin < tableBins; bin++) {
    const u = ((bin + 0.5) / tableBins) * 2 - 1;
    for (const [clip, factor] of clipFactors.entries()) {
      const scale = factor / qmax;
      const error = Math.abs(u - scale * clamp(roundHalfToEven(u / scale), qmin, qmax));
      const powers = lpDistances(Float64Array.of(error), one);
      for (const [p, table] of tables.entries()) table[clip * tableBins + bin] = powers[p]!;
    }
  }
  tablesOfBits.set(bits, tables);
  return tables;
}

/** How many values of a channel, in units of its largest magnitude, lie in each bin of the tables. */
class UnitHistogram {
  readonly #counts = new Uint32Array(tableBins);
  readonly #occupied = new Uint16Array(tableBins);
  #numOccupied = 0;

  /** Counts `values`, and no others. Where `largest` is 0, none. */
  count(values: Float32Array, largest: number): void {
    const [counts, occupied] = [this.#counts, this.#occupied];
    for (let i = 0; i < this.#numOccupied; i++) counts[occupied[i]!] = 0;
    this.#numOccupied = 0;
    if (largest === 0) return;
    for (let i = 0; i < values.length; i++) {
      const bin = Math.min(tableBins - 1, Math.floor(((values[i]! / largest + 1) / 2) * tableBins));
      // A channel has few weights, so that most bins stay empty.
      if (counts[bin] === 0) occupied[this.#numOccupied++] = bin;
      counts[bin]!++;
    }
    occupied.subarray(0, this.#numOccupied).sort();
  }

  /** Returns the distance at a clip by each table. */
  distances(clip: number, tables: readonly Float32Array[]): Float64Array {
    const sums = new Float64Array(tables.length);
    for (const [i, table] of tables.entries()) sums[i] = this.#distance(clip, table);
    return sums;
  }

  #distance(clip: number, table: Float32Array): number {
    const [counts, occupied, numOccupied] = [this.#counts, this.#occupied, this.#numOccupied];
    const row = clip * tableBins;
    let sum = 0;
    for (let i = 0; i < numOccupied; i++) {
      const bin = occupied[i]!;
      sum += counts[bin]! * table[row + bin]!;
    }
    return sum;
  }
}

/** Returns `weights` rounded to nearest on the grids that `scales` gives. */
export function roundWeights(weights: Tensor, scales: Float32Array, bits: number): QuantizedWeights {
  const { qmin, qmax } = weightRange(bits);
  const values = weights.data as Float32Array;
  const size = values.length / scales.length;
  const codes = new Int8Array(values.length);
  for (let i = 0; i < values.length; i++) {
    codes[i] = clamp(roundHalfToEven(values[i]! / scales[Math.floor(i / size)]!), qmin, qmax);
  }
  return { dims: weights.dims, codes, scales };
}

/** Returns the values that the codes stand for. */
export function dequantizeWeights({ codes, scales }: QuantizedWeights): Float32Array {
  const size = codes.length / scales.length;
  const values = new Float32Array(codes.length);
  for (let i = 0; i < values.length; i++) values[i] = codes[i]! * scales[Math.floor(i / size)]!;
  return values;
}

function largestMagnitude(values: Float32Array): number {
  let largest = 0;
  for (let i = 0; i < values.length; i++) largest = Math.max(largest, Math.abs(values[i]!));
  return largest;
}
