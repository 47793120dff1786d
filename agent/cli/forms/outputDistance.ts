import type { TensorMap } from '../../../runtime/engines/engine.js';

/**
 * Returns how far outputs are from others, the largest over the tensors: the root of the mean square of the difference over
 * that of `expected`. 0 where both are zero, infinite where only `expected` is.
 */
export function outputDistance(got: TensorMap, expected: TensorMap): number {
  const distances = Object.entries(expected).map(([name, { data }]) => {
    const other = got[name]!.data;
    let difference = 0;
    let size = 0;
    for (let at = 0; at < data.length; at++) {
      const value = Number(data[at]);
      difference += (Number(other[at]) - value) ** 2;
      size += value ** 2;
    }
    return difference === 0 ? 0 : Math.sqrt(difference / size);
  });
  return Math.max(0, ...distances);
}
