import { intAttribute } from '../../../graph/graph.js';
import { normalAxis } from '../../../graph/passes/shapes/rule.js';
import type { Operator } from '../operator.js';

/** Cuts one axis into parts, in any layout. */
export const split: Operator = ({ tf, view, layouts, outputs }) => {
  const layout = layouts[0]!;
  const axis = normalAxis(view, intAttribute(view.node, 'axis', 0), layout.length);
  const sizes = outputs.map(({ dims }) => dims[axis]!);
  return {
    reads: [layout],
    writes: outputs.map(() => layout),
    run: ([x]) => tf.split(x!, sizes, layout.indexOf(axis)),
  };
};
