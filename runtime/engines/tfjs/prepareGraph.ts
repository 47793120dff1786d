import { AgentError, toAgentError } from '../../errors.js';
import { type Graph, nodeLabel, producers } from '../../graph/graph.js';
import { foldConstants } from '../../graph/passes/foldConstants.js';
import { inferShapes } from '../../graph/passes/inferShapes.js';
import { removeDeadNodes } from '../../graph/passes/removeDeadNodes.js';
import { tensorTypes } from '../../graph/tensorTypes.js';
import { foldDequantize } from './foldDequantize.js';
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
  // First, so that it is not shape inference that refuses an operator.
  for (const node of graph.nodes) findOperator(node);
  const typed = foldConstants(inferTypes(graph));
  assertTypes(typed);
  return removeDeadNodes(fuseFakeQuantize(foldDequantize(typed)));
}

function inferTypes(graph: Graph): Graph {
  try {
    return inferShapes(graph);
  } catch (cause) {
    const error = toAgentError(cause);
    if (error.code === 'op_unsupported') throw error;
    throw new AgentError('engine_load_failed', `TensorFlow.js: graph "${graph.name}": ${error.message}`, {
      cause,
      detail: error.detail,
    });
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
