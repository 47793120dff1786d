import { affineParams, fakeQuantize, type QuantParams } from '../../runtime/quantParams.js';
import type { ValueDistribution } from './histogram.js';
import { addLpErrors, finitePCount, pValues } from './lpMetric.js';

/**
 * What happens to a tensor right behind its grid: an error there is worth what it does behind this
 * function.
 */
export type Activation = (x: number) => number;

/** Shares of the extreme that a two-sided range is cut to, below zero and above it. */
const lowFactors = [
  0.02, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9,
  0.95, 1,
];
const highFactors = [
  0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95, 1,
];
/** A one-sided range has one end to cut, so it is cut more finely. */
const oneSidedFactors = Array.from({ length: 97 }, (_, i) => (i + 4) / 100);

/**
 * Returns, for each p of `pValues`, the grid of `bits` bits that minimises `sum over bins of weight *
 * |f(center) - f(center^)|^p`, f being `activation` (default: identity). Ties go to the wider range; p =
 * infinity is min-max of the values seen, by definition. detptq.md 2.
 *
 * The range is unsigned when the values are one-sided, else affine, with the two ends cut independently. A
 * distribution without values other than zero gives the tiny default grid of `affineParams`.
 */
export function chooseActivationGrids(
  distribution: ValueDistribution,
  bits: number,
  activation?: Activation,
): readonly QuantParams[] {
  const candidates = candidateGrids(distribution, bits);
  const sums = new Float64Array(finitePCount);
  const best = new Float64Array(finitePCount).fill(Number.POSITIVE_INFINITY);
  const chosen: QuantParams[] = pValues.map(() => candidates[0]!);
  const targets = activation ? distribution.centers.map(activation) : distribution.centers;
  const largest = Math.max(1e-30, ...bounds(targets));
  for (const candidate of candidates) {
    sums.fill(0);
    addErrors(sums, distribution, candidate, { targets, largest, activation });
    for (let p = 0; p < finitePCount; p++) {
      if (sums[p]! >= best[p]!) continue;
      best[p] = sums[p]!;
      chosen[p] = candidate;
    }
  }
  return chosen;
}

interface ErrorMeasure {
  /** f(center) by bin. */
  readonly targets: Float64Array;
  /** Largest |target|: the unit of the errors. */
  readonly largest: number;
  readonly activation: Activation | undefined;
}

function addErrors(
  sums: Float64Array,
  { centers, weights }: ValueDistribution,
  grid: QuantParams,
  { targets, largest, activation }: ErrorMeasure,
): void {
  for (let i = 0; i < centers.length; i++) {
    const onGrid = fakeQuantize(centers[i]!, grid);
    const error = Math.abs(targets[i]! - (activation ? activation(onGrid) : onGrid)) / largest;
    addLpErrors(sums, 0, error, weights[i]!);
  }
}

/** Distinct grids, the widest (min-max) first. */
function candidateGrids({ min, max }: ValueDistribution, bits: number): QuantParams[] {
  const twoSided = min < 0 && max > 0;
  const lows = min < 0 ? (twoSided ? lowFactors : oneSidedFactors) : [1];
  const highs = max > 0 ? (twoSided ? highFactors : oneSidedFactors) : [1];
  const grids = new Map<string, QuantParams>();
  for (const low of lows.toReversed()) {
    for (const high of highs.toReversed()) {
      const grid = affineParams(min * low, max * high, bits);
      const key = `${grid.scale} ${grid.zeroPoint}`;
      if (!grids.has(key)) grids.set(key, grid);
    }
  }
  return [...grids.values()];
}

function bounds(values: Float64Array): [number, number] {
  let min = 0;
  let max = 0;
  for (const value of values) {
    if (value < min) min = value;
    if (value > max) max = value;
  }
  return [-min, max];
}

/** Returns the share of all values that lie outside the grid's range and so are clipped, 0..1. */
export function clippedShare({ centers, weights }: ValueDistribution, grid: QuantParams): number {
  const low = grid.scale * (grid.qmin - grid.zeroPoint - 0.5);
  const high = grid.scale * (grid.qmax - grid.zeroPoint + 0.5);
  let share = 0;
  for (let i = 0; i < centers.length; i++) if (centers[i]! < low || centers[i]! > high) share += weights[i]!;
  return share;
}
