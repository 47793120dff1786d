import test from 'ava';
import { rowPieces } from '../../../calibrate/workbench/rowPieces.js';

const counting = (length: number) => Float32Array.from({ length }, (_, index) => index + 1);

test('what fits into one piece stays one, and is not copied', (t) => {
  const rows = counting(6);
  const { numRows, pieces } = rowPieces(rows, 3);
  t.is(numRows, 2);
  t.deepEqual(pieces, [rows]);
  t.is(pieces[0]!.buffer, rows.buffer);
});

test('more rows are cut into pieces of equal height, the last filled up with zeros', (t) => {
  const rows = counting(2 * 4097);
  const { numRows, pieces } = rowPieces(rows, 2);
  t.is(numRows, 1366);
  t.deepEqual(
    pieces.map(({ length }) => length),
    [2 * 1366, 2 * 1366, 2 * 1366],
  );
  const joined = pieces.flatMap((piece) => [...piece]);
  t.deepEqual(joined.slice(0, rows.length), [...rows]);
  t.deepEqual(joined.slice(rows.length), [0, 0]);
});

test('the last is filled up with the row that is wanted', (t) => {
  const { pieces } = rowPieces(counting(2 * 4097), 2, Float32Array.of(7, 8));
  t.deepEqual([...pieces.at(-1)!.slice(-2)], [7, 8]);
});

test('no rows are no pieces', (t) => {
  t.deepEqual(rowPieces(new Float32Array(0), 5), { numRows: 0, pieces: [] });
});
