import { stringAttribute } from '../../../../graph/graph.js';
import { nodeAxes } from '../../../../graph/passes/shapes/axes.js';
import { constantNumbers, fail } from '../../../../graph/passes/shapes/rule.js';
import { inMemory } from '../../../layout/layout.js';
import type { Operator } from '../operator.js';

/** Adds zeros around the input, in any layout. */
export const pad: Operator = ({ view, layouts }) => {
  const layout = layouts[0]!;
  const mode = stringAttribute(view.node, 'mode', 'constant');
  const amounts = constantNumbers(view, 1);
  const value = view.types[2] === undefined ? 0 : constantNumbers(view, 2)[0]!;
  if (mode !== 'constant' || value !== 0 || amounts.some((amount) => amount < 0)) {
    fail(view, `LiteRT adds zeros, got mode ${mode}, value ${value} and pads ${amounts}`, 'op_unsupported');
  }
  const axes = nodeAxes(view, 3, layout.length) ?? [...layout.keys()];
  const pads = [...layout.keys()].map((axis): [number, number] => {
    const index = axes.indexOf(axis);
    return index < 0 ? [0, 0] : [amounts[index]!, amounts[index + axes.length]!];
  });
  return {
    reads: [layout],
    writes: [layout],
    action: (writer, [input], [output]) => {
      const inOrder = writer.constant([pads.length, 2], Int32Array.from(inMemory(pads, layout).flat()));
      writer.operator('PAD', { inputs: [input!, inOrder], outputs: [output] });
    },
  };
};
