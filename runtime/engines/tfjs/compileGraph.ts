import type { Graph } from '../../graph/graph.js';
import { CompiledGraph } from './compiledGraph.js';
import { GraphCompiler } from './graphCompiler.js';
import type { TensorflowJs } from './operator.js';
import { prepareGraph } from './prepareGraph.js';

/**
 * Returns the graph as TensorFlow.js calls, its constants uploaded to the backend that is set now. That backend must be
 * set whenever it runs and when it is disposed of.
 *
 * Quantized values are simulated: float32 arithmetic on the values that the codes stand for.
 *
 * @param tf TensorFlow.js with a backend that is ready
 * @throws AgentError `op_unsupported` naming operator and node, `engine_load_failed` for shapes that do not fit or are
 *   not fixed
 */
export function compileGraph(tf: TensorflowJs, graph: Graph): CompiledGraph {
  const prepared = prepareGraph(graph);
  const compiler = new GraphCompiler(tf, prepared);
  try {
    for (const node of prepared.nodes) compiler.add(node);
    return new CompiledGraph(tf, compiler.finish());
  } catch (error) {
    compiler.dispose();
    throw error;
  }
}
