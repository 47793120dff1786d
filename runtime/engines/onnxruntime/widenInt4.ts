import type { Graph, Node } from '../../graph/graph.js';
import type { Tensor } from '../../graph/tensor.js';

/**
 * Returns the graph with constant 4-bit weights held in 8-bit integers; codes, scales and zero points are unchanged,
 * so is what the graph computes. onnxruntime runs int4 weights many times slower than int8 ones.
 *
 * Only what a DequantizeLinear reads is widened: the type of a QuantizeLinear's zero point sets its range.
 */
export function widenInt4(graph: Graph): Graph {
  const initializers = new Map(graph.initializers);
  const widened = new Set<string>();
  const widen = (name: string): string => {
    const tensor = graph.initializers.get(name);
    if (tensor === undefined) return name;
    const wideName = `${name}/as_int8`;
    initializers.set(wideName, toEightBits(tensor));
    widened.add(name);
    return wideName;
  };
  const nodes = graph.nodes.map((node) => (readsInt4Weights(node, graph) ? withInputs(node, widen) : node));
  if (widened.size === 0) return graph;
  const stillRead = new Set([
    ...nodes.flatMap((node) => node.inputs),
    ...graph.outputs.map(({ name }) => name),
  ]);
  for (const name of widened) if (!stillRead.has(name)) initializers.delete(name);
  return { ...graph, nodes, initializers };
}

function readsInt4Weights(node: Node, graph: Graph): boolean {
  if (node.opType !== 'DequantizeLinear' || node.domain !== '') return false;
  const [codes, , zeroPoint = ''] = node.inputs;
  const constant = zeroPoint === '' || graph.initializers.has(zeroPoint);
  return constant && isInt4(graph.initializers.get(codes!));
}

function withInputs(node: Node, widen: (name: string) => string): Node {
  const [codes = '', scale = '', ...zeroPoint] = node.inputs;
  return { ...node, inputs: [widen(codes), scale, ...zeroPoint.map(widen)] };
}

function isInt4(tensor: Tensor | undefined): boolean {
  return tensor?.dtype === 'int4' || tensor?.dtype === 'uint4';
}

function toEightBits(tensor: Tensor): Tensor {
  return { ...tensor, dtype: tensor.dtype === 'int4' ? 'int8' : 'uint8' };
}
