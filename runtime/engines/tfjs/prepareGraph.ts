import { AgentError } from '../../errors.js';
import { type Graph, nodeLabel, producers } from '../../graph/graph.js';
import { foldConstants } from '../../graph/passes/foldConstants.js';
import { foldDequantize } from '../../graph/passes/foldDequantize.js';
import { removeDeadNodes } from '../../graph/passes/removeDeadNodes.js';
import { tensorTypes } from '../../graph/tensorTypes.js';
import { exactConvolutions } from '../exactConvolutions.js';
import { typedGraph } from '../typedGraph.js';
import { fuseFakeQuantize } from './fuseFakeQuantize.js';
import { tfType } from './hostTensor.js';
import { findOperator } from './operators.js';

/**
 * Returns the graph as the compiler wants it: all types known, constants computed, quantized weights as the values that
 * they stand for, and pairs of QuantizeLinear and DequantizeLinear as one node.
 *
 * @throws AgentError `op_unsupported`, `engine_load_failed`
 */
export function prepareGraph(graph: Graph): Graph {
  const typed = foldedTypes(graph);
  for (const node of typed.nodes) findOperator(node);
  assertTypes(typed);
  return removeDeadNodes(fuseFakeQuantize(foldDequantize(exactConvolutions(typed))));
}

function foldedTypes(graph: Graph): Graph {
  try {
    return foldConstants(typedGraph(graph, 'TensorFlow.js'));
  } catch (error) {
    // An operator that TensorFlow.js does not run either says more than that its shape is not known.
    for (const node of graph.nodes) findOperator(node);
    throw error;
  }
}

function assertTypes(graph: Graph): void {
  const makers = producers(graph);
  for (const [name, { dtype }] of tensorTypes(graph)) {
    if (tfType(dtype) !== undefined) continue;
    const maker = makers.get(name);
    const where = maker === undefined ? `tensor "${name}"` : nodeLabel(maker);
    throw new AgentError('op_unsupported', `TensorFlow.js holds no ${dtype}, which ${where} makes`, {
      detail: { where, got: dtype },
    });
  }
}
