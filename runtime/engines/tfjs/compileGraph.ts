import type { Graph } from '../../graph/graph.js';
import { type CompilerTarget, GraphCompiler } from '../layout/graphCompiler.js';
import { changeLayout } from './changeLayout.js';
import { CompiledGraph } from './compiledGraph.js';
import { toTf } from './hostTensor.js';
import type { TensorflowJs, TfTensor } from './operator.js';
import { findOperator } from './operators.js';
import { prepareGraph } from './prepareGraph.js';
import type { TfjsAction } from './program.js';
import type { Tracer } from './tracer.js';

/**
 * Returns the graph as TensorFlow.js calls, its constants uploaded to the backend that is set now. That backend must be
 * set whenever it runs and when it is disposed of.
 *
 * Quantized values are simulated: float32 arithmetic on the values that the codes stand for.
 *
 * @param tf TensorFlow.js with a backend that is ready
 * @param tracer see `CompiledGraph`
 * @throws AgentError `op_unsupported` naming operator and node, `engine_load_failed` for shapes that do not fit or are
 *   not fixed
 */
export function compileGraph(tf: TensorflowJs, graph: Graph, tracer?: Tracer): CompiledGraph {
  const prepared = prepareGraph(graph);
  const compiler = new GraphCompiler({ graph: prepared, target: target(tf) });
  try {
    for (const node of prepared.nodes) compiler.add(node);
    return new CompiledGraph(tf, compiler.finish(), tracer);
  } catch (error) {
    for (const tensor of compiler.constants.values()) tensor.dispose();
    throw error;
  }
}

function target(tf: TensorflowJs): CompilerTarget<TfjsAction, TfTensor> {
  return {
    compile: (node, context) => {
      const result = findOperator(node)({ tf, ...context });
      return 'run' in result ? { ...result, action: result.run } : result;
    },
    changeLayout: (change) => changeLayout(tf, change),
    constant: (tensor, layout) => toTf(tf, tensor, layout),
  };
}
