import { intAttribute } from '../../../graph/graph.js';
import { nodeAxes } from '../../../graph/passes/shapes/axes.js';
import { type Layout, onnxLayout, withoutAxes } from '../../layout/layout.js';
import type { Operator, TensorflowJs, TfTensor } from '../operator.js';
import { requireFloat } from '../requirements.js';

interface Reduction {
  /** Positions in memory. */
  readonly axes: number[];
  readonly keepDims: boolean;
}

type Call = (tf: TensorflowJs, x: TfTensor, reduction: Reduction) => TfTensor;

/** Reduces the axes named, or all, in any layout. */
function reduce(call: Call): Operator {
  return (context) => {
    const { tf, view, layouts } = context;
    requireFloat({ ...context, view: { ...view, types: view.types.slice(0, 1) } });
    const layout = layouts[0]!;
    const named = nodeAxes(view, 1, layout.length) ?? [];
    const isNoop = named.length === 0 && intAttribute(view.node, 'noop_with_empty_axes', 0) === 1;
    if (isNoop) return { relabels: layout };
    const reduced = new Set(named.length > 0 ? named : onnxLayout(layout.length));
    const keepDims = intAttribute(view.node, 'keepdims', 1) === 1;
    const axes = [...layout.keys()].filter((position) => reduced.has(layout[position]!));
    const written: Layout = keepDims ? layout : withoutAxes(layout, (axis) => !reduced.has(axis));
    return { reads: [layout], writes: [written], run: ([x]) => call(tf, x!, { axes, keepDims }) };
  };
}

export const reduceOperators: Readonly<Record<string, Operator>> = {
  ReduceMax: reduce((tf, x, { axes, keepDims }) => tf.max(x, axes, keepDims)),
  ReduceMean: reduce((tf, x, { axes, keepDims }) => tf.mean(x, axes, keepDims)),
  ReduceMin: reduce((tf, x, { axes, keepDims }) => tf.min(x, axes, keepDims)),
  ReduceSum: reduce((tf, x, { axes, keepDims }) => tf.sum(x, axes, keepDims)),
};
