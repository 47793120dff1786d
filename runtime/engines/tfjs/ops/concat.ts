import { intAttribute } from '../../../graph/graph.js';
import { normalAxis } from '../../../graph/passes/shapes/rule.js';
import { commonestLayout } from '../../layout/commonestLayout.js';
import type { Operator } from '../operator.js';

/** Joins its inputs along one axis, in the layout in which most of their elements lie already. */
export const concat: Operator = (context) => {
  const { tf, view } = context;
  const layout = commonestLayout(context);
  const axis = normalAxis(view, intAttribute(view.node, 'axis', 0), layout.length);
  return {
    reads: view.types.map(() => layout),
    writes: [layout],
    run: (inputs) => tf.concat([...inputs], layout.indexOf(axis)),
  };
};
