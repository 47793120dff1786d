import { intAttribute } from '../../../graph/graph.js';
import { normalAxis } from '../../../graph/passes/shapes/rule.js';
import { elementCount } from '../../../graph/tensor.js';
import type { Layout } from '../layout.js';
import type { Operator, OperatorContext } from '../operator.js';

/** Joins its inputs along one axis, in the layout in which most of their elements lie already. */
export const concat: Operator = (context) => {
  const { tf, view } = context;
  const layout = commonest(context);
  const axis = normalAxis(view, intAttribute(view.node, 'axis', 0), layout.length);
  return {
    reads: view.types.map(() => layout),
    writes: [layout],
    run: (inputs) => tf.concat([...inputs], layout.indexOf(axis)),
  };
};

function commonest({ view, layouts }: OperatorContext): Layout {
  const elements = new Map<string, number>();
  for (const [index, layout] of layouts.entries()) {
    const weight = view.constants[index] === undefined ? elementCount(view.types[index]!.dims) : 0;
    elements.set(String(layout), (elements.get(String(layout)) ?? 0) + weight);
  }
  const weightOf = (layout: Layout): number => elements.get(String(layout))!;
  return layouts.reduce((best, layout) => (weightOf(layout) > weightOf(best) ? layout : best));
}
