import { affineParams, type QuantParams, quantize } from '../../runtime/quantParams.js';
import type { ValueDistribution } from './histogram.js';
import { allP, finitePCount, lpError, type PIndex } from './lpMetric.js';

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

/** Bins that are summed up before it is asked whether a candidate has lost already. */
const binsPerStep = 128;

/**
 * Returns, for each p asked for, the grid of `bits` bits that minimises `sum over bins of weight * |f(center) -
 * f(center^)|^p`, f being `activation` (default: identity). Ties go to the wider range; p = infinity is min-max of the
 * values seen, by definition. detptq.md 2.
 *
 * The range is unsigned when the values are one-sided, else affine, with the two ends cut independently. A
 * distribution without values other than zero gives the tiny default grid of `affineParams`.
 *
 * @param options.ps positions in `pValues`. Default: all.
 */
export function chooseActivationGrids(
  distribution: ValueDistribution,
  bits: number,
  {
    ps = allP,
    activation,
  }: { readonly ps?: readonly PIndex[]; readonly activation?: Activation | undefined } = {},
): readonly QuantParams[] {
  const candidates = candidateGrids(distribution, bits);
  const { centers } = distribution;
  const targets = activation ? centers.map(activation) : centers;
  const largest = Math.max(1e-30, ...bounds(targets));
  const chosen = ps.map(() => candidates[0]!);
  const least = new Float64Array(ps.length).fill(Number.POSITIVE_INFINITY);
  const sums = new Float64Array(ps.length);
  const finite = [...ps.keys()].filter((i) => ps[i]! < finitePCount);
  const canWin = (i: number) => !(sums[i]! >= least[i]!);
  const errors = new Float64Array(binsPerStep);
  for (const candidate of candidates) {
    const values = valuesByCode(candidate, activation);
    sums.fill(0);
    let open = finite;
    for (let start = 0; start < centers.length && open.length > 0; start += binsPerStep) {
      const end = Math.min(start + binsPerStep, centers.length);
      for (let i = start; i < end; i++) {
        const value = values[quantize(centers[i]!, candidate) - candidate.qmin]!;
        errors[i - start] = Math.abs(targets[i]! - value) / largest;
      }
      const weights = distribution.weights.subarray(start, end);
      for (const i of open) sums[i] = withErrors(sums[i]!, ps[i]!, errors, weights);
      // Sums only grow.
      open = open.filter(canWin);
    }
    for (const i of open.filter(canWin)) {
      least[i] = sums[i]!;
      chosen[i] = candidate;
    }
  }
  return chosen;
}

/** What stands for the values of each code from the least on, behind the activation. */
function valuesByCode(grid: QuantParams, activation: Activation | undefined): Float64Array {
  const { scale, zeroPoint, qmin, qmax } = grid;
  return Float64Array.from({ length: qmax - qmin + 1 }, (_, i) => {
    const onGrid = scale * (qmin + i - zeroPoint);
    return activation ? activation(onGrid) : onGrid;
  });
}

function withErrors(sum: number, p: PIndex, errors: Float64Array, weights: Float64Array): number {
  let total = sum;
  for (let i = 0; i < weights.length; i++) total += lpError(p, errors[i]!, weights[i]!);
  return total;
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
