import { elementCount, type Tensor } from '../../runtime/graph/tensor.js';
import { clamp, roundHalfToEven, weightRange } from '../../runtime/quantParams.js';
import { addLpErrors, finitePCount, pValues } from './lpMetric.js';

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
 * Returns, for each p of `pValues`, one scale per output channel that minimises `sum |w - w^|^p` over the
 * channel's weights, rounded to nearest. p = infinity is min-max. A channel of zeros gets scale 1.
 *
 * Normalised by its largest magnitude, every channel of every layer meets the same errors, so they stand in
 * one table by bin, clip and p, and a channel's distances for all clips and p are sums of rows (detptq.md
 * 2).
 *
 * @param weights float32 `[channels, ...]`
 */
export function chooseWeightScales(weights: Tensor, bits: number): readonly Float32Array[] {
  const { qmax } = weightRange(bits);
  const table = lpTable(bits);
  const channels = weights.dims[0]!;
  const size = elementCount(weights.dims) / channels;
  const scales = pValues.map(() => new Float32Array(channels));
  const counts = new Uint32Array(tableBins);
  const sums = new Float64Array(rowLength);
  for (let channel = 0; channel < channels; channel++) {
    const values = (weights.data as Float32Array).subarray(channel * size, (channel + 1) * size);
    const largest = largestMagnitude(values);
    for (const scale of scales) scale[channel] = largest > 0 ? largest / qmax : 1;
    if (largest === 0) continue;
    counts.fill(0);
    for (const value of values) counts[binOf(value / largest)]!++;
    sums.fill(0);
    for (let bin = 0; bin < tableBins; bin++) {
      const count = counts[bin]!;
      if (count === 0) continue;
      const row = bin * rowLength;
      for (let i = 0; i < rowLength; i++) sums[i] = sums[i]! + count * table[row + i]!;
    }
    for (let p = 0; p < finitePCount; p++) {
      scales[p]![channel] = (largest * clipFactors[leastClip(sums, p)]!) / qmax;
    }
  }
  return scales;
}

const tableBins = 2048;
const rowLength = clipFactors.length * finitePCount;
const tables = new Map<number, Float64Array>();

/**
 * Errors of u in [-1, 1] to each power, `[bin, clip, p]`, on the symmetric grid of `bits` bits cut to each
 * clip.
 */
function lpTable(bits: number): Float64Array {
  const known = tables.get(bits);
  if (known) return known;
  const { qmin, qmax } = weightRange(bits);
  const table = new Float64Array(tableBins * rowLength);
  for (let bin = 0; bin < tableBins; bin++) {
    const u = ((bin + 0.5) / tableBins) * 2 - 1;
    for (const [clip, factor] of clipFactors.entries()) {
      const scale = factor / qmax;
      const error = Math.abs(u - scale * clamp(roundHalfToEven(u / scale), qmin, qmax));
      addLpErrors(table, bin * rowLength + clip * finitePCount, error, 1);
    }
  }
  tables.set(bits, table);
  return table;
}

function binOf(u: number): number {
  return Math.min(tableBins - 1, Math.floor(((u + 1) / 2) * tableBins));
}

/** Position of the clip with the least distance; of equals the widest. */
function leastClip(sums: Float64Array, p: number): number {
  let least = 0;
  for (let clip = 1; clip < clipFactors.length; clip++) {
    if (sums[clip * finitePCount + p]! < sums[least * finitePCount + p]!) least = clip;
  }
  return least;
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
