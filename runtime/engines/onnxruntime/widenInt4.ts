import { type Graph, intAttribute, type Node } from '../../graph/graph.js';
import { elementCount, type Tensor } from '../../graph/tensor.js';

/**
 * Returns the graph with constant 4-bit weights held in 8-bit integers, less their zero points; scales are unchanged, so is what
 * the graph computes. onnxruntime runs int4 weights many times slower than int8 ones, and integer convolutions of weights
 * with zero points that differ between channels not at all.
 *
 * Only what a DequantizeLinear reads is widened: the type of a QuantizeLinear's zero point sets its range. Codes in blocks
 * keep their zero points.
 */
export function widenInt4(graph: Graph): Graph {
  const initializers = new Map(graph.initializers);
  const widened = new Set<string>();
  const widen = (node: Node): Node => {
    const wide = wideInputs(node, graph);
    if (wide === undefined) return node;
    const [codes = '', scale = '', zeroPoint = ''] = node.inputs;
    // The same codes may be read with other zero points elsewhere.
    const names = [codes, zeroPoint].map((name) => `${name}/of/${node.outputs[0]}`) as [string, string];
    initializers.set(names[0], wide.codes);
    initializers.set(names[1], wide.zeros);
    widened.add(codes).add(zeroPoint);
    return { ...node, inputs: [names[0], scale, names[1]] };
  };
  const nodes = graph.nodes.map(widen);
  if (widened.size === 0) return graph;
  const stillRead = new Set([
    ...nodes.flatMap((node) => node.inputs),
    ...graph.outputs.map(({ name }) => name),
  ]);
  for (const name of widened) if (!stillRead.has(name)) initializers.delete(name);
  return { ...graph, nodes, initializers };
}

interface WideInputs {
  readonly codes: Tensor;
  readonly zeros: Tensor;
}

function wideInputs(node: Node, { initializers }: Graph): WideInputs | undefined {
  if (node.opType !== 'DequantizeLinear' || node.domain !== '') return undefined;
  const codes = initializers.get(node.inputs[0]!);
  const zeroPoint = node.inputs[2] ? initializers.get(node.inputs[2]) : undefined;
  if (!isInt4(codes) || (node.inputs[2] && !zeroPoint)) return undefined;
  if (intAttribute(node, 'block_size', 0) === 0)
    return centred(codes, zeroPoint, intAttribute(node, 'axis', 1));
  const dtype = codes.dtype === 'int4' ? 'int8' : 'uint8';
  const none = codes.data.slice(0, 1).fill(0 as never);
  return { codes: { ...codes, dtype }, zeros: { ...(zeroPoint ?? { dims: [], data: none }), dtype } };
}

/** @param axis that the zero points lie along where they are several; below zero it counts from the end */
function centred({ dims, data }: Tensor, zeroPoint: Tensor | undefined, axis: number): WideInputs {
  const zeros = Int8Array.from(zeroPoint?.data ?? [0], Number);
  const inner = elementCount(dims.slice(axis < 0 ? dims.length + axis + 1 : axis + 1));
  const zeroOf = (i: number) => zeros[zeros.length === 1 ? 0 : Math.floor(i / inner) % zeros.length]!;
  return {
    codes: { dtype: 'int8', dims, data: Int8Array.from(data as Int8Array, (code, i) => code - zeroOf(i)) },
    zeros: { dtype: 'int8', dims: zeroPoint?.dims ?? [], data: new Int8Array(zeros.length) },
  };
}

function isInt4(tensor: Tensor | undefined): tensor is Tensor {
  return tensor?.dtype === 'int4' || tensor?.dtype === 'uint4';
}
