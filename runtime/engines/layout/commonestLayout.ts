import { elementCount } from '../../graph/tensor.js';
import type { Layout } from './layout.js';
import type { OperatorContext } from './operator.js';

/** Returns the layout in which most elements of a node's inputs lie. Constants have no say: they can be had in any. */
export function commonestLayout({ view, layouts }: OperatorContext): Layout {
  const elements = new Map<string, number>();
  for (const [index, layout] of layouts.entries()) {
    const weight = view.constants[index] === undefined ? elementCount(view.types[index]!.dims) : 0;
    elements.set(String(layout), (elements.get(String(layout)) ?? 0) + weight);
  }
  const weightOf = (layout: Layout): number => elements.get(String(layout))!;
  return layouts.reduce((best, layout) => (weightOf(layout) > weightOf(best) ? layout : best));
}
