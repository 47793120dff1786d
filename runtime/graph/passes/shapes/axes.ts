import { intsAttribute } from '../../graph.js';
import { constantInts, type NodeView, normalAxis } from './rule.js';

/**
 * Returns the axes a node names, from the front: in attribute `axes`, or in constant input `index` as newer operator
 * sets have it. Undefined when it names none.
 */
export function nodeAxes(view: NodeView, index: number, rank: number): number[] | undefined {
  const attribute = intsAttribute(view.node, 'axes', []);
  const axes = attribute.length > 0 ? attribute : constantInts(view, index);
  return axes?.map((axis) => normalAxis(view, axis, rank));
}
