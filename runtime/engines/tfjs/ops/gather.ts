import { intAttribute } from '../../../graph/graph.js';
import { constantNumbers, normalAxis } from '../../../graph/passes/shapes/rule.js';
import { onnxLayout } from '../../layout/layout.js';
import type { Operator } from '../operator.js';

/** The entries of one axis at constant indices; those below zero count from the end. */
export const gather: Operator = ({ tf, view, outputs }) => {
  const { dims } = view.types[0]!;
  const axis = normalAxis(view, intAttribute(view.node, 'axis', 0), dims.length);
  const indices = constantNumbers(view, 1).map((index) => (index < 0 ? index + dims[axis]! : index));
  const shape = [...outputs[0]!.dims];
  return {
    reads: [onnxLayout(dims.length)],
    writes: [onnxLayout(shape.length)],
    run: ([x]) => tf.reshape(tf.gather(x!, tf.tensor1d(indices, 'int32'), axis), shape),
  };
};
