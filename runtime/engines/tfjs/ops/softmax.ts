import { intAttribute } from '../../../graph/graph.js';
import { normalAxis } from '../../../graph/passes/shapes/rule.js';
import type { Operator } from '../operator.js';

/** exp(x) / sum(exp(x)) along one axis, which TensorFlow.js wants innermost. */
export const softmax: Operator = ({ tf, view, layouts }) => {
  const layout = layouts[0]!;
  const axis = normalAxis(view, intAttribute(view.node, 'axis', -1), layout.length);
  const innermost = [...layout.filter((other) => other !== axis), axis];
  return { reads: [innermost], writes: [innermost], run: ([x]) => tf.softmax(x!) };
};
