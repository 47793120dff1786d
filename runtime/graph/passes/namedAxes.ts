import { type Graph, intsAttribute, type Node } from '../graph.js';

/**
 * Returns the axes that a reduction, Squeeze or Unsqueeze names, from the front and ascending: in the attribute `axes`, or in the
 * second input, as newer operator sets have it.
 *
 * @param rank that the axes count in
 */
export function namedAxes(node: Node, rank: number, { initializers }: Graph): readonly number[] {
  const input = initializers.get(node.inputs[1] ?? '');
  const axes = input ? Array.from(input.data as BigInt64Array, Number) : intsAttribute(node, 'axes', []);
  return axes.map((axis) => (axis < 0 ? axis + rank : axis)).sort((a, b) => a - b);
}
