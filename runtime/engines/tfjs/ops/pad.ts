import { stringAttribute } from '../../../graph/graph.js';
import { nodeAxes } from '../../../graph/passes/shapes/axes.js';
import { constantNumbers, fail } from '../../../graph/passes/shapes/rule.js';
import { inMemory } from '../../layout/layout.js';
import type { Operator } from '../operator.js';

/** Adds elements of one constant value, 0 by default, around the input, in any layout. */
export const pad: Operator = ({ tf, view, layouts }) => {
  const layout = layouts[0]!;
  const mode = stringAttribute(view.node, 'mode', 'constant');
  const amounts = constantNumbers(view, 1);
  const value = view.types[2] === undefined ? 0 : constantNumbers(view, 2)[0]!;
  if (mode !== 'constant' || amounts.some((amount) => amount < 0)) {
    fail(view, `TensorFlow.js only adds a constant, got mode ${mode} and pads ${amounts}`, 'op_unsupported');
  }
  const axes = nodeAxes(view, 3, layout.length) ?? [...layout.keys()];
  const pads = [...layout.keys()].map((axis): [number, number] => {
    const index = axes.indexOf(axis);
    return index < 0 ? [0, 0] : [amounts[index]!, amounts[index + axes.length]!];
  });
  const inOrder = inMemory(pads, layout);
  return { reads: [layout], writes: [layout], run: ([x]) => tf.pad(x!, inOrder, value) };
};
