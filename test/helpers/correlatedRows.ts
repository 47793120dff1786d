import { gaussian } from './distributions.js';

/** Returns `[rows, size]` of neighbours that go together, as the channels of a layer's input do. */
export function correlatedRows({ rows, size, seed }: { rows: number; size: number; seed: number }) {
  const values = gaussian(rows * size, seed);
  for (let i = 1; i < values.length; i++)
    if (i % size !== 0) values[i] = 0.8 * values[i - 1]! + 0.6 * values[i]!;
  return values;
}

/** Returns `left^T right`, `[size, size]`, of two tables of rows `[rows, size]`. */
export function product(left: ArrayLike<number>, right: ArrayLike<number>, size: number): Float64Array {
  const result = new Float64Array(size * size);
  for (let start = 0; start < left.length; start += size) {
    for (let i = 0; i < size; i++) {
      for (let j = 0; j < size; j++) result[i * size + j]! += left[start + i]! * right[start + j]!;
    }
  }
  return result;
}
