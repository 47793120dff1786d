import type { Graph, Node } from '../../graph/graph.js';
import { elementCount, type Tensor } from '../../graph/tensor.js';
import { exceedsProductSums } from './productSums.js';

/**
 * Returns the graph with its constant int8 weights in uint8, codes and zero points 128 higher, where sums of their products
 * might saturate (productSums.ts): what it computes is unchanged. The kernels of u8 by u8 do not saturate, and are slower.
 * onnxruntime's own option for this, `session.x64quantprecision`, fails where two nodes share a weight.
 */
export function unsignWeights(graph: Graph): Graph {
  const initializers = new Map(graph.initializers);
  const unsigned = (name: string, tensor: Tensor): string => {
    initializers.set(`${name}/unsigned`, raised(tensor));
    return `${name}/unsigned`;
  };
  const nodes = graph.nodes.map((node) => {
    const weights = largeWeights(node, graph);
    if (!weights) return node;
    const [name = '', scale = '', zeroName = ''] = node.inputs;
    const zeroPoint = unsigned(zeroName || `${name}/zero_point`, weights.zeroPoint);
    return { ...node, inputs: [unsigned(name, weights.codes), scale, zeroPoint] };
  });
  const read = new Set([...nodes.flatMap(({ inputs }) => inputs), ...graph.outputs.map(({ name }) => name)]);
  for (const name of graph.initializers.keys()) if (!read.has(name)) initializers.delete(name);
  return { ...graph, nodes, initializers };
}

/** Returns the constants of a DequantizeLinear of large int8 weights, the zero point spelt out; `undefined` for other nodes. */
function largeWeights(
  { opType, domain, inputs }: Node,
  { initializers }: Graph,
): { codes: Tensor; zeroPoint: Tensor } | undefined {
  const [name = '', scaleName = '', zeroName = ''] = inputs;
  const [codes, scale] = [initializers.get(name), initializers.get(scaleName)];
  if (opType !== 'DequantizeLinear' || domain !== '' || codes?.dtype !== 'int8' || !scale) return undefined;
  if (!exceedsProductSums(codes.data as Int8Array)) return undefined;
  const { dims } = scale;
  const zeroPoint: Tensor | undefined =
    zeroName === ''
      ? { dtype: 'int8', dims, data: new Int8Array(elementCount(dims)) }
      : initializers.get(zeroName);
  return zeroPoint && { codes, zeroPoint };
}

function raised({ dims, data }: Tensor): Tensor {
  const codes = new Uint8Array(data.length);
  for (let i = 0; i < codes.length; i++) codes[i] = (data as Int8Array)[i]! + 128;
  return { dtype: 'uint8', dims, data: codes };
}
