import { type Graph, intAttribute, type Node } from '../graph.js';
import { elementCount, float32Tensor, type Tensor } from '../tensor.js';

/**
 * Returns the graph with each DequantizeLinear of constants replaced by the float32 values that it makes,
 * `(code - zeroPoint) * scale`, rounded as onnxruntime rounds them. Blocked ones stay.
 */
export function foldDequantize(graph: Graph): Graph {
  const initializers = new Map(graph.initializers);
  const outputs = new Set(graph.outputs.map(({ name }) => name));
  const nodes = graph.nodes.filter((node) => {
    const name = node.outputs[0]!;
    const value = outputs.has(name) ? undefined : dequantized(node, initializers);
    if (value !== undefined) initializers.set(name, value);
    return value === undefined;
  });
  return nodes.length === graph.nodes.length ? graph : { ...graph, nodes, initializers };
}

function dequantized(node: Node, constants: ReadonlyMap<string, Tensor>): Tensor | undefined {
  if (node.opType !== 'DequantizeLinear' || node.domain !== '') return undefined;
  const [codesName, scaleName, zeroPointName = ''] = node.inputs;
  const codes = constants.get(codesName!);
  const scale = constants.get(scaleName!);
  const zeroPoint = constants.get(zeroPointName);
  const isKnown = zeroPointName === '' || zeroPoint !== undefined;
  if (codes === undefined || scale === undefined || !isKnown || isBlocked(node)) return undefined;
  const axis = intAttribute(node, 'axis', 1);
  const fromFront = axis < 0 ? axis + codes.dims.length : axis;
  const stride = elementCount(codes.dims.slice(fromFront + 1));
  const channels = scale.data.length;
  const values = Float32Array.from(codes.data as ArrayLike<number>, (code, index) => {
    const channel = Math.floor(index / stride) % channels;
    return Math.fround(code - Number(zeroPoint?.data[channel] ?? 0)) * Number(scale.data[channel]!);
  });
  return float32Tensor(codes.dims, values);
}

function isBlocked(node: Node): boolean {
  return intAttribute(node, 'block_size', 0) !== 0;
}
