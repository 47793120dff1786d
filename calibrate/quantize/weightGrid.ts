import { elementCount, type Tensor } from '../../runtime/graph/tensor.js';
import { clamp, roundHalfToEven, weightRange } from '../../runtime/quantParams.js';
import { addLpErrors, allP, finitePCount, type PIndex } from './lpMetric.js';

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
 * a table by bin and clip, and a channel's distances for all clips are sums of rows (detptq.md 2).
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
  const chosen = ps.map((p) => ({ table: tables[p], scales: new Float32Array(channels) }));
  const counts = new Uint32Array(tableBins);
  for (let channel = 0; channel < channels; channel++) {
    const values = (weights.data as Float32Array).subarray(channel * size, (channel + 1) * size);
    const largest = largestMagnitude(values);
    counts.fill(0);
    if (largest > 0) for (const value of values) counts[binOf(value / largest)]!++;
    for (const { table, scales } of chosen) {
      const factor = table ? clipFactors[leastClip(counts, table)]! : 1;
      scales[channel] = largest > 0 ? (largest * factor) / qmax : 1;
    }
  }
  return chosen.map(({ scales }) => scales);
}

const tableBins = 2048;
const tablesOfBits = new Map<number, readonly Float64Array[]>();

/**
 * Returns, for each finite p, the errors of u in [-1, 1] to that power, `[bin, clip]`, on the symmetric grid of `bits` bits
 * cut to each clip.
 */
function lpTables(bits: number): readonly Float64Array[] {
  const known = tablesOfBits.get(bits);
  if (known) return known;
  const { qmin, qmax } = weightRange(bits);
  const clips = clipFactors.length;
  const tables = Array.from({ length: finitePCount }, () => new Float64Array(tableBins * clips));
  const powers = new Float64Array(finitePCount);
  for (let bin = 0; bin < tableBins; bin++) {
    const u = ((bin + 0.5) / tableBins) * 2 - 1;
    for (const [clip, factor] of clipFactors.entries()) {
      const scale = factor / qmax;
      const error = Math.abs(u - scale * clamp(roundHalfToEven(u / scale), qmin, qmax));
      powers.fill(0);
      addLpErrors(powers, 0, error, 1);
      for (const [p, table] of tables.entries()) table[bin * clips + clip] = powers[p]!;
    }
  }
  tablesOfBits.set(bits, tables);
  return tables;
}

function binOf(u: number): number {
  return Math.min(tableBins - 1, Math.floor(((u + 1) / 2) * tableBins));
}

/** Position of the clip with the least distance; of equals the widest. */
function leastClip(counts: Uint32Array, table: Float64Array): number {
  const sums = new Float64Array(clipFactors.length);
  for (let bin = 0; bin < tableBins; bin++) {
    const count = counts[bin]!;
    if (count === 0) continue;
    const row = bin * sums.length;
    for (let clip = 0; clip < sums.length; clip++) sums[clip]! += count * table[row + clip]!;
  }
  return sums.indexOf(Math.min(...sums));
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
  return Float32Array.from(codes, (code, i) => code * scales[Math.floor(i / size)]!);
}

function largestMagnitude(values: Float32Array): number {
  let largest = 0;
  for (const value of values) largest = Math.max(largest, Math.abs(value));
  return largest;
}
