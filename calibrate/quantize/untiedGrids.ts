import { clamp, type QuantParams } from '../../runtime/quantParams.js';
import type { CodeArithmetic } from './codeArithmetic.js';
import { type SumGrids, sumRoundings } from './sumRoundings.js';

/**
 * Returns the grids with scales so moved, by 1e-6 to 1e-4 of themselves, that every engine makes the same codes of the same codes.
 * Some results else end within rounding errors of the middle between two codes, and one code that falls the other way
 * changes up to a tenth of those behind it: a network would find something else on another processor.
 *
 * A grid may take part in several computations. Each is settled at the last of its grids, which has the highest id; one that no
 * scale near the given one settles stays as it is.
 *
 * @param grids by id
 * @param isMovable whether a grid's scale is anybody's choice
 */
export function untieGrids(
  arithmetic: readonly CodeArithmetic[],
  grids: readonly QuantParams[],
  isMovable: (id: number) => boolean,
): QuantParams[] {
  const settled = [...grids];
  const byLast = new Map<number, CodeArithmetic[]>();
  for (const one of arithmetic) {
    const last = Math.max(...one.operands, one.result);
    byLast.set(last, [...(byLast.get(last) ?? []), one]);
  }
  for (const [last, theirs] of [...byLast].sort(([left], [right]) => left - right))
    if (isMovable(last)) settled[last] = settle(last, theirs, settled);
  return settled;
}

/** A search asks for the same grids again and again. By the grid as it was given, and by what it is settled for. */
const known = new WeakMap<QuantParams, Map<string, QuantParams>>();

function settle(
  id: number,
  arithmetic: readonly CodeArithmetic[],
  grids: readonly QuantParams[],
): QuantParams {
  const given = grids[id]!;
  const others = arithmetic.map(({ operands, result, ...kind }) => [
    kind,
    ...[...operands, result].map((other) => (other === id ? 'it' : grids[other]!)),
  ]);
  const key = JSON.stringify(others);
  const before = known.get(given) ?? new Map<string, QuantParams>();
  known.set(given, before);
  const settled = before.get(key) ?? moved(id, arithmetic, grids);
  before.set(key, settled);
  return settled;
}

function moved(
  id: number,
  arithmetic: readonly CodeArithmetic[],
  grids: readonly QuantParams[],
): QuantParams {
  const given = grids[id]!;
  const scale = nearbyScales(given.scale).find((scale) => {
    const of = (other: number) => (other === id ? { ...given, scale } : grids[other]!);
    return arithmetic.every((one) => isUntied(one, of));
  });
  return scale === undefined || scale === given.scale ? given : { ...given, scale };
}

/** The least step that moves the largest code's value by more than engines' errors, and how many are tried on each side. */
const step = 2 ** -20;
const stepsTried = 600;

function nearbyScales(scale: number): number[] {
  return Array.from({ length: 2 * stepsTried + 1 }, (_, index) => {
    const steps = index % 2 === 0 ? -index / 2 : (index + 1) / 2;
    return Math.fround(scale * (1 + steps * step));
  });
}

/** Whether every engine makes the same codes of the same codes, on the grids `of` their ids. */
export function isUntied(arithmetic: CodeArithmetic, of: (id: number) => QuantParams): boolean {
  const result = of(arithmetic.result);
  if (arithmetic.kind === 'leakyRelu')
    return isUntiedLeakyRelu(of(arithmetic.operands[0]), arithmetic.slope, result);
  const [a, b] = arithmetic.operands;
  return isUntiedSum({ a: of(a), b: of(b), sum: result });
}

function isUntiedSum(grids: SumGrids): boolean {
  const { a, b, sum } = grids;
  const [ofA, ofB] = [a.scale / sum.scale, b.scale / sum.scale];
  const [least, most] = stepsOf(sum);
  const roundings = Object.values(sumRoundings).map((of) => of(grids));
  // Of factors in 21 bits, each half a unit too large, and of float32, some ten roundings of the largest term.
  const error = 255 * Math.max(ofA, ofB) * (2 ** -19 + 2 ** -20);
  const [leastA, mostA] = stepsOf(a);
  const [leastB, mostB] = stepsOf(b);
  for (let left = leastA; left <= mostA; left++) {
    for (let right = leastB; right <= mostB; right++) {
      if (distanceToTie(left * ofA + right * ofB) > error) continue;
      const [first, ...others] = roundings.map((round) => clamp(round(left, right), least, most));
      if (others.some((other) => other !== first)) return false;
    }
  }
  return true;
}

/** Engines look it up, or add `(1 - slope) * max(x, 0)` and `slope * x`. */
function isUntiedLeakyRelu(input: QuantParams, slope: number, output: QuantParams): boolean {
  const factor = input.scale / output.scale;
  const [least, most] = stepsOf(output);
  const [first, last] = stepsOf(input);
  for (let steps = first; steps <= last; steps++) {
    const value = steps * factor * (steps < 0 ? slope : 1);
    const isClipped = value < least - 1 || value > most + 1;
    if (!isClipped && distanceToTie(value) < 2 ** -13) return false;
  }
  return true;
}

function distanceToTie(value: number): number {
  return Math.abs(value - Math.floor(value) - 0.5);
}

function stepsOf({ qmin, qmax, zeroPoint }: QuantParams): [number, number] {
  return [qmin - zeroPoint, qmax - zeroPoint];
}
