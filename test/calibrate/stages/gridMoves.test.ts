import test from 'ava';
import { scaledGrids, shiftedGrids } from '../../../calibrate/stages/gridMoves.js';
import { affineParams } from '../../../runtime/quantParams.js';

test('a scaled grid keeps its zero point, and its scale is a float32', (t) => {
  const grid = affineParams(-1, 3, 8);
  const scaled = scaledGrids(grid);
  t.deepEqual(
    scaled.map(({ scale }) => scale),
    [0.8, 0.9, 1, 1.1, 1.25].map((factor) => Math.fround(grid.scale * factor)),
  );
  t.true(scaled.every(({ zeroPoint }) => zeroPoint === grid.zeroPoint));
  t.is(scaled[2], grid);
});

test('a two-sided grid is moved by a few of its codes, at 4 bits by one at a time', (t) => {
  const zeroPoints = (bits: number) =>
    shiftedGrids(affineParams(-1, 3, bits)).map(({ zeroPoint }) => zeroPoint);
  t.deepEqual(zeroPoints(8), [48, 56, 64, 72, 80]);
  t.deepEqual(zeroPoints(4), [3, 4, 5]);
});

test('a move ends where the range is one-sided, and a one-sided range is not moved', (t) => {
  const narrow = affineParams(-0.05, 4, 8);
  t.deepEqual(
    shiftedGrids(narrow).map(({ zeroPoint }) => zeroPoint),
    [0, 3, 11, 19],
  );
  const oneSided = affineParams(0, 4, 8);
  t.deepEqual(shiftedGrids(oneSided), [oneSided]);
  const negative = affineParams(-4, 0, 8);
  t.deepEqual(shiftedGrids(negative), [negative]);
});
