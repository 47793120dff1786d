import test from 'ava';
import { type LatticePoint, leastOnLattice } from '../../../calibrate/quantize/leastOnLattice.js';

const lattice = { rows: 21, columns: 18 };

/** A bowl with ripples of a tenth of its step, lowest about (row, column). */
const bowl = (row: number, column: number) => (point: LatticePoint) => {
  const ripple = 0.1 * Math.sin(7 * point.row + 3 * point.column);
  return Math.abs(point.row - row) + 0.5 * Math.abs(point.column - column) + ripple;
};

function exhaustive(f: (point: LatticePoint) => number): number {
  const rows = Array.from({ length: lattice.rows }, (_, row) => row);
  return Math.min(
    ...rows.flatMap((row) => Array.from({ length: lattice.columns }, (_, column) => f({ row, column }))),
  );
}

test('each function gets its own least point, at the edges too, and no point is evaluated twice', (t) => {
  const functions = [bowl(0, 0), bowl(20, 17), bowl(10, 4), bowl(7, 16)];
  const evaluated: string[] = [];
  const least = leastOnLattice(lattice, (point) => {
    evaluated.push(`${point.row} ${point.column}`);
    return functions.map((f) => f(point));
  });
  for (const [i, f] of functions.entries()) t.is(f(least[i]!), exhaustive(f), String(i));
  t.is(new Set(evaluated).size, evaluated.length);
  t.true(evaluated.length < (lattice.rows * lattice.columns) / 1.5, String(evaluated.length));
});

test('the first of equal points wins, and one point is a lattice', (t) => {
  t.deepEqual(
    leastOnLattice(lattice, () => [1]),
    [{ row: 0, column: 0 }],
  );
  t.deepEqual(
    leastOnLattice({ rows: 1, columns: 1 }, () => [1, Number.NaN]),
    [
      { row: 0, column: 0 },
      { row: 0, column: 0 },
    ],
  );
});
