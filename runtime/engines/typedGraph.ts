import { AgentError, toAgentError } from '../errors.js';
import type { Graph } from '../graph/graph.js';
import { inferShapes } from '../graph/passes/inferShapes.js';

/**
 * Returns the graph with the types of all its tensors.
 *
 * @param runtime how messages call what the graph is for
 * @throws AgentError `op_unsupported`; `engine_load_failed` for shapes that do not fit or are not fixed
 */
export function typedGraph(graph: Graph, runtime: string): Graph {
  try {
    return inferShapes(graph);
  } catch (cause) {
    const error = toAgentError(cause);
    if (error.code === 'op_unsupported') throw error;
    throw new AgentError('engine_load_failed', `${runtime}: graph "${graph.name}": ${error.message}`, {
      cause,
      detail: error.detail,
    });
  }
}
