import type { ExecutionContext } from 'ava';

/** Asserts that two lists of numbers agree to within `tolerance`. */
export function assertClose(
  t: ExecutionContext,
  got: ArrayLike<number>,
  { expected, tolerance = 1e-5 }: { expected: readonly number[]; tolerance?: number },
): void {
  t.is(got.length, expected.length);
  for (const [i, value] of expected.entries()) {
    t.true(Math.abs(got[i]! - value) <= tolerance, `element ${i}: expected ${value}, got ${got[i]}`);
  }
}
