import { affineParams, clamp, type QuantParams, roundHalfToEven } from '../../runtime/quantParams.js';
import { type Activation, identity, valuesByFunction } from './activation.js';
import type { ValueDistribution } from './histogram.js';
import { joinArrays } from './joinArrays.js';
import { type LatticePoint, leastOnLattice } from './leastOnLattice.js';
import { allP, finitePCount, lpDistances, type PIndex } from './lpMetric.js';

/** Shares of the extreme that a two-sided range is cut to, below zero and above it; the widest first. */
const lowFactors = [
  1, 0.95, 0.9, 0.85, 0.8, 0.75, 0.7, 0.65, 0.6, 0.55, 0.5, 0.45, 0.4, 0.35, 0.3, 0.25, 0.2, 0.15, 0.1, 0.05,
  0.02,
];
const highFactors = [
  1, 0.95, 0.9, 0.85, 0.8, 0.75, 0.7, 0.65, 0.6, 0.55, 0.5, 0.45, 0.4, 0.35, 0.3, 0.25, 0.2, 0.15,
];
/** A one-sided range has one end to cut, so it is cut more finely. */
const oneSidedFactors = Array.from({ length: 97 }, (_, i) => (100 - i) / 100);

/**
 * As `affineParams`, the scale rounded to 10 significant bits: the last ones of what was seen are the engine's and the processor's,
 * and grids are to be the same on all of them. An image whose values lie half-way between those of its codes, as
 * `(pixel - 127.5) / 63.75` do, is off them by that, too.
 */
export function rangeGrid(min: number, max: number, bits: number): QuantParams {
  const grid = affineParams(min, max, bits);
  const unit = 2 ** (Math.floor(Math.log2(grid.scale)) - 9);
  return { ...grid, scale: Math.round(grid.scale / unit) * unit };
}

/**
 * Returns, for each p asked for, the grid of `bits` bits that minimises `sum over bins of count *
 * (w(center) |f(center) - f(center^)|)^p` over the functions f of the activation and their channels' values, w being its weight
 * (default: identity, 1). Ties go to the wider range; p = infinity is min-max of the values seen, by definition.
 * detptq.md 2.
 *
 * The range is unsigned when the values are one-sided, else affine, with the two ends cut independently. A
 * distribution without values other than zero gives the tiny default grid of `affineParams`.
 *
 * @param options.ps positions in `pValues`. Default: all.
 */
export function chooseActivationGrids(
  distribution: ValueDistribution,
  bits: number,
  { activation = identity, ps = allP }: { activation?: Activation | undefined; ps?: readonly PIndex[] } = {},
): readonly QuantParams[] {
  const { weight = () => 1 } = activation;
  const { min, max } = distribution;
  const twoSided = min < 0 && max > 0;
  const lows = min < 0 ? (twoSided ? lowFactors : oneSidedFactors) : [1];
  const highs = max > 0 ? (twoSided ? highFactors : oneSidedFactors) : [1];
  const gridAt = ({ row, column }: LatticePoint) => rangeGrid(min * lows[row]!, max * highs[column]!, bits);
  const parts = valuesByFunction(activation, distribution).map(({ of, centers, weights }) => ({
    ...{ of, centers, weights },
    targets: centers.map(of),
    worths: centers.map(weight),
  }));
  const largest = Math.max(
    1e-30,
    ...parts.flatMap(({ targets, worths }) => bounds(targets.map((target, i) => worths[i]! * target))),
  );
  for (const { worths } of parts) for (let i = 0; i < worths.length; i++) worths[i]! /= largest;
  const weights = joinArrays(parts.map((part) => part.weights));
  const errors = new Float64Array(weights.length);
  const finite = ps.filter((p) => p < finitePCount);
  const distancesAt = (point: LatticePoint) => {
    const grid = gridAt(point);
    let at = 0;
    for (const part of parts) at = addErrors(part, grid, { errors, at });
    return lpDistances(errors, weights, finite);
  };
  const least = leastOnLattice({ rows: lows.length, columns: highs.length }, distancesAt).map(gridAt);
  return ps.map((p) => least[finite.indexOf(p)] ?? gridAt({ row: 0, column: 0 }));
}

interface Part {
  readonly of: (x: number) => number;
  readonly centers: Float64Array;
  /** What `of` makes of the centers. */
  readonly targets: Float64Array;
  /** What an error behind `of` is multiplied by. */
  readonly worths: Float64Array;
}

/** Writes the errors of a part on a grid to `errors`, from `at` on, and returns where they end. Most of a quantization's own time goes by here. */
function addErrors(
  { of, centers, targets, worths }: Part,
  grid: QuantParams,
  { errors, at }: { errors: Float64Array; at: number },
): number {
  const values = gridValues(grid, of);
  const { scale } = grid;
  const [first, last] = [grid.qmin - grid.zeroPoint, grid.qmax - grid.zeroPoint];
  for (let i = 0; i < centers.length; i++) {
    const steps = roundHalfToEven(centers[i]! / scale);
    const value = values[clamp(steps, first, last) - first]!;
    errors[at + i] = worths[i]! * Math.abs(targets[i]! - value);
  }
  return at + centers.length;
}

/** Returns what the function `of` makes of the values on the grid, by code from `qmin` on. */
function gridValues({ scale, zeroPoint, qmin, qmax }: QuantParams, of: (x: number) => number): Float64Array {
  const values = new Float64Array(qmax - qmin + 1);
  for (let i = 0; i < values.length; i++) values[i] = of(scale * (qmin + i - zeroPoint));
  return values;
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
