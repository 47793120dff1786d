import type { Graph, Node, ValueInfo } from '../../runtime/graph/graph.js';

const viewName = (tensor: string) => `${tensor}/narrow`;

/**
 * Whether a node makes a view: the same tensor on a grid of its own, of fewer bits. Where convolutions and others read a tensor, only
 * the convolutions get fewer bits of it.
 */
export function isNarrowView({ opType, inputs, outputs }: Node): boolean {
  return opType === 'Identity' && outputs[0] === viewName(inputs[0]!);
}

/** Returns what makes a view of a tensor of `graph`, and what is known of the view. */
export function narrowView(graph: Graph, tensor: string): { node: Node; value: ValueInfo | undefined } {
  const name = viewName(tensor);
  const node = {
    ...{ name, opType: 'Identity', domain: '' },
    ...{ inputs: [tensor], outputs: [name], attributes: new Map() },
  };
  const source = graph.values.get(tensor);
  return { node, value: source && { ...source, name } };
}
