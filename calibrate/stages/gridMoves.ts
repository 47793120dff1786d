import { clamp, type QuantParams } from '../../runtime/quantParams.js';

const scaleFactors = [0.8, 0.9, 1, 1.1, 1.25];
/** Shares of the codes. */
const shifts = [-1 / 16, -1 / 32, 0, 1 / 32, 1 / 16];

/** Returns the grid with its range made narrower and wider, in order, the grid itself among them. */
export function scaledGrids(grid: QuantParams): QuantParams[] {
  return scaleFactors.map((factor) =>
    factor === 1 ? grid : { ...grid, scale: Math.fround(grid.scale * factor) },
  );
}

/**
 * Returns the grid with its range moved along, in order, the grid itself among them; at most until it is one-sided. A grid
 * of one-sided values stays as it is.
 */
export function shiftedGrids(grid: QuantParams): QuantParams[] {
  const { zeroPoint, qmin, qmax } = grid;
  if (zeroPoint === qmin || zeroPoint === qmax) return [grid];
  const zeroPoints = shifts.map((share) =>
    clamp(zeroPoint + Math.sign(share) * Math.ceil(Math.abs(share) * (qmax - qmin)), qmin, qmax),
  );
  return [...new Set(zeroPoints)].map((moved) =>
    moved === zeroPoint ? grid : { ...grid, zeroPoint: moved },
  );
}
