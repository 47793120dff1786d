import { freshName } from '../freshName.js';
import { type Graph, type Node, producers } from '../graph.js';
import { float32Tensor } from '../tensor.js';
import { float32Constant } from './channelAffine.js';

/** Returns the graph with every quotient by a constant as the product with its reciprocal, which engines have integer forms of. */
export function productsForQuotients(graph: Graph): Graph {
  const constant = float32Constant(graph.initializers);
  const makers = producers(graph);
  const initializers = new Map(graph.initializers);
  const nodes = graph.nodes.map((node): Node => {
    const [dividend = '', divisor = ''] = node.inputs;
    const tensor = node.opType === 'Div' && node.domain === '' ? constant(divisor) : undefined;
    const values = tensor?.data as Float32Array | undefined;
    if (!tensor || !values || constant(dividend) || values.includes(0)) return node;
    const name = freshName(`${divisor}/reciprocal`, (taken) => makers.has(taken) || initializers.has(taken));
    initializers.set(
      name,
      float32Tensor(
        tensor.dims,
        values.map((value) => 1 / value),
      ),
    );
    return { ...node, opType: 'Mul', inputs: [dividend, name] };
  });
  return initializers.size > graph.initializers.size ? { ...graph, nodes, initializers } : graph;
}
