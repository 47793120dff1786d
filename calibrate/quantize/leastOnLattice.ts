/** A place on a lattice. */
export interface LatticePoint {
  readonly row: number;
  readonly column: number;
}

/** Steps between the points of the first look, and steps around a best point that are looked at. */
const stride = 3;

/**
 * Returns, for each of several functions on a lattice, a point where it is least: the best of every third point, and from
 * there the best of all around it, until nothing around is better. Of equal points the first, by row, then column. What is
 * sought so, the range that values are clipped to, falls and rises but for what rounding adds.
 *
 * @param evaluate returns the values of all functions at a point; called once for a point, and for a third of all or less
 */
export function leastOnLattice(
  { rows, columns }: { readonly rows: number; readonly columns: number },
  evaluate: (point: LatticePoint) => ArrayLike<number>,
): LatticePoint[] {
  const pointAt = (at: number) => ({ row: Math.floor(at / columns), column: at % columns });
  const seen = new Set<number>();
  const least: { value: number; at: number }[] = [];
  const look = (row: number, column: number) => {
    const at = row * columns + column;
    if (row < 0 || row >= rows || column < 0 || column >= columns || seen.has(at)) return;
    seen.add(at);
    const values = evaluate({ row, column });
    for (let i = 0; i < values.length; i++) {
      const value = values[i]!;
      const best = least[i];
      if (best === undefined || value < best.value || (value === best.value && at < best.at)) {
        least[i] = { value, at };
      }
    }
  };
  for (let row = 0; row < rows; row += stride) {
    for (let column = 0; column < columns; column += stride) look(row, column);
  }
  const around = new Set<number>();
  const nextCentre = () => least.find(({ at }) => !around.has(at));
  for (let centre = nextCentre(); centre !== undefined; centre = nextCentre()) {
    around.add(centre.at);
    const { row, column } = pointAt(centre.at);
    for (let down = -stride; down <= stride; down++) {
      for (let across = -stride; across <= stride; across++) look(row + down, column + across);
    }
  }
  return least.map(({ at }) => pointAt(at));
}
