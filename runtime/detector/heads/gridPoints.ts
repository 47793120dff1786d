/** The cells of a pyramid of square-strided grids, one after the other: levels in order, rows, then columns. */
export interface GridPoints {
  readonly count: number;
  /** `[count]` column of each cell. */
  readonly columns: Float32Array;
  /** `[count]` row of each cell. */
  readonly rows: Float32Array;
  /** `[count]` index of each cell's level. */
  readonly levels: Uint8Array;
  /** `[numLevels]` number of cells of each level. */
  readonly sizes: readonly number[];
}

/**
 * Returns the cells for an input of `width` x `height`; a level of stride s has ceil(height / s) rows and
 * ceil(width / s) columns.
 */
export function gridPoints(strides: readonly number[], width: number, height: number): GridPoints {
  const shapes = strides.map((stride) => [Math.ceil(height / stride), Math.ceil(width / stride)] as const);
  const sizes = shapes.map(([rows, columns]) => rows * columns);
  const count = sizes.reduce((sum, size) => sum + size, 0);
  const points = {
    count,
    columns: new Float32Array(count),
    rows: new Float32Array(count),
    levels: new Uint8Array(count),
    sizes,
  };
  let location = 0;
  for (const [level, [rows, columns]] of shapes.entries()) {
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++, location++) {
        points.columns[location] = column;
        points.rows[location] = row;
        points.levels[location] = level;
      }
    }
  }
  return points;
}
