import { intAttribute } from '../../../../graph/graph.js';
import { nodeAxes } from '../../../../graph/passes/shapes/axes.js';
import { type Layout, onnxLayout, withoutAxes } from '../../../layout/layout.js';
import type { Operator, WriteAction } from '../operator.js';

type Reduction = 'MEAN' | 'SUM' | 'REDUCE_MAX' | 'REDUCE_MIN';

/** Reduces the axes named, or all, in any layout. */
function reduce(name: Reduction): Operator {
  return ({ view, layouts }) => {
    const layout = layouts[0]!;
    const named = nodeAxes(view, 1, layout.length) ?? [];
    const isNoop = named.length === 0 && intAttribute(view.node, 'noop_with_empty_axes', 0) === 1;
    if (isNoop) return { relabels: layout };
    const reduced = new Set(named.length > 0 ? named : onnxLayout(layout.length));
    const keepDims = intAttribute(view.node, 'keepdims', 1);
    const written: Layout = keepDims === 1 ? layout : withoutAxes(layout, (axis) => !reduced.has(axis));
    const action = reducing(name, { layout, reduces: (axis) => reduced.has(axis), keepDims });
    return { reads: [layout], writes: [written], action };
  };
}

/** Reduces all axes but batch and channels to size 1, in any layout. */
function globalPool(name: Reduction): Operator {
  return ({ layouts }) => {
    const layout = layouts[0]!;
    const action = reducing(name, { layout, reduces: (axis) => axis > 1, keepDims: 1 });
    return { reads: [layout], writes: [layout], action };
  };
}

interface ReducedAxes {
  readonly layout: Layout;
  readonly reduces: (axis: number) => boolean;
  readonly keepDims: number;
}

function reducing(name: Reduction, { layout, reduces, keepDims }: ReducedAxes): WriteAction {
  const axes = [...layout.keys()].filter((position) => reduces(layout[position]!));
  return (writer, [input], [output]) =>
    writer.operator(name, { inputs: [input!, writer.ints(axes)], outputs: [output] }, { keepDims });
}

export const reduceOperators: Readonly<Record<string, Operator>> = {
  GlobalAveragePool: globalPool('MEAN'),
  GlobalMaxPool: globalPool('REDUCE_MAX'),
  ReduceMax: reduce('REDUCE_MAX'),
  ReduceMean: reduce('MEAN'),
  ReduceMin: reduce('REDUCE_MIN'),
  ReduceSum: reduce('SUM'),
};
