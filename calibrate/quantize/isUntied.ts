import { clamp, type QuantParams } from '../../runtime/quantParams.js';
import type { CodeArithmetic } from './codeArithmetic.js';
import {
  type LeakyReluOnGrids,
  leakyReluRoundings,
  type Rounding,
  slopeOnGrids,
  toWholeParts,
} from './leakyReluRoundings.js';
import type { PairGrids, PairRounding } from './pairRounding.js';
import { productRoundings } from './productRoundings.js';
import { sumRoundings } from './sumRoundings.js';

type GridOf = (id: number) => QuantParams;

/** Whether every engine makes the same codes of the same codes, on the grids `of` their ids. */
export function isUntied(
  arithmetic: CodeArithmetic,
  of: GridOf,
  leakyRelus: readonly ((leakyRelu: LeakyReluOnGrids) => Rounding)[] = Object.values(leakyReluRoundings),
): boolean {
  const [a, b] = arithmetic.operands.map(of) as [QuantParams, QuantParams];
  const result = of(arithmetic.result);
  switch (arithmetic.kind) {
    case 'sum':
      return isUntiedSum({ a, b, result });
    case 'product':
      return isUntiedProduct({ a, b, result });
    case 'scaling':
      return arithmetic.factors.every((factor) => isUntiedProduct({ a, b: gridOf(factor), result }));
    case 'leakyRelu':
      return isUntiedLeakyRelu({ slope: arithmetic.slope, input: a, output: result }, leakyRelus);
  }
}

/** The same without XNNPACK's LeakyReLU, which not every pair of grids can be had for. */
export function isUntiedButInParts(arithmetic: CodeArithmetic, of: GridOf): boolean {
  const { wholeParts, ...others } = leakyReluRoundings;
  return isUntied(arithmetic, of, Object.values(others));
}

/** A grid that has no other code than that of `value`. */
function gridOf(value: number): QuantParams {
  return { scale: value, zeroPoint: 0, qmin: 1, qmax: 1 };
}

function isUntiedSum(grids: PairGrids): boolean {
  const { a, b, result } = grids;
  const [ofA, ofB] = [a.scale / result.scale, b.scale / result.scale];
  return agreeOnPairs(grids, {
    line: (left) => [left * ofA, ofB],
    roundings: Object.values(sumRoundings).map((of) => of(grids)),
    // Of factors in 21 bits, each half a unit too large, and of float32, some ten roundings of the largest term.
    error: 255 * Math.max(ofA, ofB) * (2 ** -19 + 2 ** -20),
  });
}

function isUntiedProduct(grids: PairGrids): boolean {
  const { a, b, result } = grids;
  const ratio = (a.scale * b.scale) / result.scale;
  return agreeOnPairs(grids, {
    line: (left) => [0, left * ratio],
    roundings: Object.values(productRoundings).map((of) => of(grids)),
    // Of float32, some five roundings of at most 255 steps, and one of a code.
    error: 255 * 2 ** -21,
  });
}

interface Pairs {
  /** The exact result, in steps, as offset and slope over the steps of `b`. */
  readonly line: (a: number) => readonly [number, number];
  readonly roundings: readonly PairRounding[];
  /** How far from the middle between two steps roundings may differ. */
  readonly error: number;
}

function agreeOnPairs({ a, b, result }: PairGrids, { line, roundings, error }: Pairs): boolean {
  const [least, most] = stepsOf(result);
  const [leastA, mostA] = stepsOf(a);
  const [leastB, mostB] = stepsOf(b);
  for (let left = leastA; left <= mostA; left++) {
    const [offset, slope] = line(left);
    for (let right = leastB; right <= mostB; right++) {
      if (distanceToTie(offset + right * slope) > error) continue;
      const [first, ...others] = roundings.map((round) => clamp(round(left, right), least, most));
      if (others.some((other) => other !== first)) return false;
    }
  }
  return true;
}

function isUntiedLeakyRelu(
  leakyRelu: LeakyReluOnGrids,
  roundings: readonly ((leakyRelu: LeakyReluOnGrids) => Rounding)[],
): boolean {
  const [first, last] = stepsOf(leakyRelu.input);
  const [least, most] = stepsOf(leakyRelu.output);
  const [expected, ...others] = roundings.map((of) => of(leakyRelu));
  const ratio = leakyRelu.input.scale / leakyRelu.output.scale;
  const [below, above] = [slopeOnGrids(leakyRelu) * ratio, ratio].map((factor) => {
    return { factor, errorOfStep: Math.abs(factor - toWholeParts(factor)) };
  });
  // As of a sum, besides what whole parts leave out of each step.
  const error = 255 * Math.max(ratio, 1) * (2 ** -19 + 2 ** -20);
  for (let steps = first; steps <= last; steps++) {
    const { factor, errorOfStep } = (steps < 0 ? below : above)!;
    if (distanceToTie(steps * factor) > error + Math.abs(steps) * errorOfStep) continue;
    const result = clamp(expected!(steps), least, most);
    if (others.some((round) => clamp(round(steps), least, most) !== result)) return false;
  }
  return true;
}

function distanceToTie(value: number): number {
  return Math.abs(value - Math.floor(value) - 0.5);
}

function stepsOf({ qmin, qmax, zeroPoint }: QuantParams): [number, number] {
  return [qmin - zeroPoint, qmax - zeroPoint];
}
