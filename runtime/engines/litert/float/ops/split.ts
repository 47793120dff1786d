import { intAttribute } from '../../../../graph/graph.js';
import { normalAxis } from '../../../../graph/passes/shapes/rule.js';
import type { Operator } from '../operator.js';

/** Cuts one axis into parts, in any layout. */
export const split: Operator = ({ view, layouts, outputs }) => {
  const layout = layouts[0]!;
  const position = layout.indexOf(normalAxis(view, intAttribute(view.node, 'axis', 0), layout.length));
  return {
    reads: [layout],
    writes: outputs.map(() => layout),
    action: (writer, [input], parts) => {
      let start = 0;
      for (const part of parts) {
        writer.slice(
          input!,
          part,
          layout.map((_, at) => (at === position ? start : 0)),
        );
        start += writer.at(part).shape[position]!;
      }
    },
  };
};
