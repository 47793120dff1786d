import { elementCount } from '../../graph/tensor.js';
import { inMemory, type Layout, withoutAxes } from './layout.js';
import type { OperatorContext } from './operator.js';

/** How the inputs of a broadcasting operator are read so that all lie alike in memory. */
export interface Broadcast {
  /** The layout of the output: that of the largest input which a step makes and which has all of its axes. */
  readonly layout: Layout;
  readonly reads: readonly Layout[];
  /** Dimensions in memory of each input with an axis of size 1 in place of each that it lacks. */
  readonly shapes: readonly (readonly number[])[];
}

/** Returns how the first output's axes lie in memory and how to read and reshape each input so that axes meet right. */
export function broadcast(context: OperatorContext): Broadcast {
  const { view, outputs } = context;
  const rank = outputs[0]!.dims.length;
  const layout = leadingLayout(context, rank);
  const missing = view.types.map((type) => rank - type!.dims.length);
  return {
    layout,
    reads: missing.map((count) => withoutAxes(layout, (axis) => axis >= count)),
    shapes: missing.map((count, index) => {
      const padded = [...Array.from({ length: count }, () => 1), ...view.types[index]!.dims];
      return inMemory(padded, layout);
    }),
  };
}

function leadingLayout({ view, layouts }: OperatorContext, rank: number): Layout {
  const candidates = view.types.flatMap((type, index) => {
    if (type === undefined || type.dims.length !== rank) return [];
    const isConstant = view.constants[index] !== undefined;
    return [{ layout: layouts[index]!, weight: isConstant ? 0 : elementCount(type.dims) }];
  });
  const [leader] = candidates.toSorted((left, right) => right.weight - left.weight);
  return leader!.layout;
}
