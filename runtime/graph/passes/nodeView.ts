import type { Node } from '../graph.js';
import type { Tensor } from '../tensor.js';
import type { NodeView, TensorType } from './shapes/rule.js';

/** What is known about a graph's tensors while a pass walks it. */
export interface Known {
  readonly types: ReadonlyMap<string, TensorType>;
  readonly constants: ReadonlyMap<string, Tensor>;
}

/** Returns what the shape rules and evaluators see of a node. */
export function viewNode(node: Node, { types, constants }: Known): NodeView {
  return {
    node,
    types: node.inputs.map((name) => types.get(name)),
    constants: node.inputs.map((name) => constants.get(name)),
  };
}
