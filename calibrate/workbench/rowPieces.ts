/** Rows of one product: few enough that float32 sums stay good to 1e-6 and inputs are few MB, enough to keep an engine busy. */
const mostRows = 2048;

/** A matrix in pieces of equal height, for engines that want to know a graph's dimensions. */
export interface RowPieces {
  /** Of each piece. */
  readonly numRows: number;
  /** `[numRows, size]` each, the last filled up. */
  readonly pieces: readonly Float32Array[];
}

/**
 * Cuts `rows`, `[any, size]`, into as few pieces as may be.
 *
 * @param filler the row that the last piece is filled up with, `[size]`. Default: zeros.
 */
export function rowPieces(
  rows: Float32Array,
  size: number,
  filler: Float32Array = new Float32Array(size),
): RowPieces {
  const total = rows.length / size;
  const count = Math.ceil(total / mostRows);
  const numRows = Math.ceil(total / Math.max(count, 1));
  const pieces = Array.from({ length: count }, (_, index) => {
    const piece = rows.subarray(index * numRows * size, (index + 1) * numRows * size);
    if (piece.length === numRows * size) return piece;
    const filled = new Float32Array(numRows * size);
    filled.set(piece);
    for (let start = piece.length; start < filled.length; start += size) filled.set(filler, start);
    return filled;
  });
  return { numRows, pieces };
}
