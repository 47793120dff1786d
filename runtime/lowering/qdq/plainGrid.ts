import type { Grid } from '../integerGraph.js';
import type { Translation } from './translation.js';

/** Returns the grid of a scalar scale and an 8-bit zero point; int8 codes become uint8 ones by 128 more. */
export function plainGrid(translation: Translation, scale = '', zeroPoint = ''): Grid | undefined {
  const scales = translation.constant(scale);
  if (scales?.dtype !== 'float32' || scales.data.length !== 1 || Number(scales.data[0]) <= 0)
    return undefined;
  if (zeroPoint === '') return { scale: Number(scales.data[0]), zeroPoint: 0 };
  const zero = translation.constant(zeroPoint);
  if (zero?.data.length !== 1 || (zero.dtype !== 'uint8' && zero.dtype !== 'int8')) return undefined;
  return {
    scale: Number(scales.data[0]),
    zeroPoint: Number(zero.data[0]) + (zero.dtype === 'int8' ? 128 : 0),
  };
}
