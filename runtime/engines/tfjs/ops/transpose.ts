import { intsAttribute } from '../../../graph/graph.js';
import { onnxLayout } from '../../layout/layout.js';
import type { Operator } from '../operator.js';

/** Moves nothing: the output is the input's memory with its axes renamed. A reader that minds converts it. */
export const transpose: Operator = ({ view, layouts }) => {
  const layout = layouts[0]!;
  const reversed = onnxLayout(layout.length).toReversed();
  const order = intsAttribute(view.node, 'perm', reversed);
  return { relabels: layout.map((axis) => order.indexOf(axis)) };
};
