import type { Graph, Node } from '../graph.js';
import type { Tensor } from '../tensor.js';
import { fixedDims, tensorTypes } from '../tensorTypes.js';
import { evaluate } from './constants/evaluate.js';
import { viewNode } from './nodeView.js';
import { removeDeadNodes } from './removeDeadNodes.js';
import type { TensorType } from './shapes/rule.js';

/**
 * Returns the graph with Constant nodes, and the arithmetic on constants and shapes that exporters write, replaced
 * by initializers. A Shape node folds once shapes are known, that is after `inferShapes`. Outputs of the graph stay
 * made by nodes.
 */
export function foldConstants(graph: Graph): Graph {
  const constants = new Map<string, Tensor>(graph.initializers);
  const types = new Map<string, TensorType>();
  for (const [name, value] of tensorTypes(graph)) {
    const dims = fixedDims(value);
    if (dims !== undefined) types.set(name, { dtype: value.dtype, dims });
  }
  const outputs = new Set(graph.outputs.map(({ name }) => name));
  const nodes: Node[] = [];
  for (const node of graph.nodes) {
    const value = evaluate(viewNode(node, { types, constants }));
    const [name] = node.outputs;
    if (value !== undefined && name !== undefined) {
      constants.set(name, value);
      types.set(name, value);
    }
    if (value === undefined || name === undefined || outputs.has(name)) nodes.push(node);
  }
  if (nodes.length === graph.nodes.length) return graph;
  const initializers = new Map(
    [...constants].filter(([name]) => !outputs.has(name) || graph.initializers.has(name)),
  );
  return removeDeadNodes({ ...graph, nodes, initializers });
}
