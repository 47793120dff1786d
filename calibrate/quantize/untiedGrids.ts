import type { QuantParams } from '../../runtime/quantParams.js';
import type { CodeArithmetic } from './codeArithmetic.js';
import { isUntied, isUntiedButInParts } from './isUntied.js';
import { partsOf } from './leakyReluRoundings.js';

/**
 * Returns the grids with scales so moved, by 1e-6 to some per cent of themselves, that every engine makes the same codes of
 * the same codes. Some results else end within rounding errors of the middle between two codes, and one code that falls the
 * other way changes up to a tenth of those behind it: a network would find something else on another processor.
 *
 * A grid may take part in several computations. Each is settled at the last of its grids that may be moved, the one of the highest id; one that no
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
    const movable = [...one.operands, one.result].filter(isMovable);
    if (movable.length === 0) continue;
    const last = Math.max(...movable);
    byLast.set(last, [...(byLast.get(last) ?? []), one]);
  }
  for (const [last, theirs] of [...byLast].sort(([left], [right]) => left - right))
    settled[last] = settle(last, theirs, settled);
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
  const leakyRelu = arithmetic.find(({ kind }) => kind === 'leakyRelu');
  const factors = leakyRelu ? factorsToParts(leakyRelu, { id, grids }) : [1];
  for (const isUntiedThere of leakyRelu ? [isUntied, isUntiedButInParts] : [isUntied]) {
    for (const scale of factors.flatMap((factor) => nearbyScales(given.scale * factor))) {
      const of = (other: number) => (other === id ? { ...given, scale } : grids[other]!);
      if (!arithmetic.every((one) => isUntiedThere(one, of))) continue;
      return scale === given.scale ? given : of(id);
    }
  }
  return given;
}

/** How many 256ths may be had by a change of scale for XNNPACK's sake: some per cent, as far as the clips of grids lie apart. */
const mostParts = 12;

/** Returns factors of a grid's scale, nearest to 1 first, by which a LeakyReLU makes a whole number of 256ths of a step. */
function factorsToParts(
  { operands, result }: CodeArithmetic,
  { id, grids }: { readonly id: number; readonly grids: readonly QuantParams[] },
): number[] {
  const above = partsOf({ input: grids[operands[0]]!, output: grids[result]! });
  const whole = Math.round(above);
  return Array.from({ length: 2 * mostParts + 1 }, (_, index) => whole + index - mostParts)
    .filter((parts) => parts > 0)
    .map((parts) => (id === result ? above / parts : parts / above))
    .sort((left, right) => Math.abs(left - 1) - Math.abs(right - 1));
}

/** The least that moves the largest code's value by more than engines' errors, and how many of it are tried each way. */
const step = 2 ** -20;
const stepsTried = 100;

function nearbyScales(scale: number): number[] {
  return Array.from({ length: 2 * stepsTried + 1 }, (_, index) => {
    const steps = index % 2 === 0 ? -index / 2 : (index + 1) / 2;
    return Math.fround(scale * (1 + steps * step));
  });
}
