import { intAttribute } from '../../../../graph/graph.js';
import { normalAxis } from '../../../../graph/passes/shapes/rule.js';
import type { Operator } from '../operator.js';

/** exp(x) / sum(exp(x)) along one axis, which LiteRT wants innermost. */
export const softmax: Operator = ({ view, layouts }) => {
  const layout = layouts[0]!;
  const axis = normalAxis(view, intAttribute(view.node, 'axis', -1), layout.length);
  const innermost = [...layout.filter((other) => other !== axis), axis];
  return {
    reads: [innermost],
    writes: [innermost],
    action: (writer, [input], [output]) =>
      writer.operator('SOFTMAX', { inputs: [input!], outputs: [output] }, { beta: 1 }),
  };
};
