import { type AxisGroup, axisGroups } from '../../graph/axisGroups.js';
import type { Layout } from './layout.js';

/** How a reshape reads and writes so that axes are split and joined where they lie. */
export interface AxisSplits {
  readonly reads: Layout;
  readonly writes: Layout;
}

/**
 * Returns the layouts in which a tensor that lies in `layout` is reshaped: channels that are innermost stay so, and only
 * axes that are joined out of order are moved first.
 *
 * @param from dimensions of the input in ONNX's order
 * @param to dimensions of the output in ONNX's order
 */
export function reshapeWhereItLies(
  layout: Layout,
  { from, to }: { readonly from: readonly number[]; readonly to: readonly number[] },
): AxisSplits {
  const position = (group: AxisGroup): number => Math.min(...group.input.map((axis) => layout.indexOf(axis)));
  const groups = axisGroups(from, to).toSorted((left, right) => position(left) - position(right));
  return {
    reads: groups.flatMap(({ input }) => input),
    writes: groups.flatMap(({ output }) => output),
  };
}
