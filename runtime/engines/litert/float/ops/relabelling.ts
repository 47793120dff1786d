import { intsAttribute } from '../../../../graph/graph.js';
import { onnxLayout } from '../../../layout/layout.js';
import type { Operator } from '../operator.js';

/** The input under another name. */
export const identity: Operator = ({ layouts }) => ({ relabels: layouts[0]! });

/** Moves nothing: the output is the input's memory with its axes renamed. A reader that minds converts it. */
export const transpose: Operator = ({ view, layouts }) => {
  const layout = layouts[0]!;
  const order = intsAttribute(view.node, 'perm', onnxLayout(layout.length).toReversed());
  return { relabels: layout.map((axis) => order.indexOf(axis)) };
};
