import { elementCount } from '../../graph/tensor.js';
import { inMemory, type Layout, withoutAxes } from './layout.js';
import type { OperatorContext, TensorflowJs, TfTensor } from './operator.js';

/** How the inputs of a broadcasting operator are read so that all lie alike in memory. */
interface Broadcast {
  /** The layout of the output: that of the largest input which a step makes and which has all of its axes. */
  readonly layout: Layout;
  readonly reads: readonly Layout[];
  /** Returns input `index` with an axis of size 1 in place of each that it lacks. */
  readonly shape: (tf: TensorflowJs, x: TfTensor, index: number) => TfTensor;
}

/** Returns how the first output's axes lie in memory and how to read each input so that TensorFlow.js broadcasts it right. */
export function broadcast(context: OperatorContext): Broadcast {
  const { view, outputs } = context;
  const rank = outputs[0]!.dims.length;
  const layout = leadingLayout(context, rank);
  const dimsOf = (index: number) => view.types[index]!.dims;
  const missing = view.types.map((_, index) => rank - dimsOf(index).length);
  return {
    layout,
    reads: missing.map((count) => withoutAxes(layout, (axis) => axis >= count)),
    shape: (tf, x, index) => {
      const count = missing[index]!;
      if (count === 0) return x;
      const padded = [...Array.from({ length: count }, () => 1), ...dimsOf(index)];
      return tf.reshape(x, inMemory(padded, layout));
    },
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
