import { consumers, type Graph, type Node } from '../../runtime/graph/graph.js';
import { raiseOpset } from '../../runtime/graph/passes/raiseOpset.js';
import type { Tensor } from '../../runtime/graph/tensor.js';

/**
 * Returns the quantized graph with the codes of `weights` as 4-bit integers, two of which share a byte in the file.
 * Codes and scales are unchanged, so is what the graph computes; engines widen the codes when they load it. The graph is
 * then of operator set 21; `undefined` where it cannot be raised to that. Codes that need more than 4 bits stay as
 * they are.
 *
 * @param weights names of the dequantized weights, such as `Layer.weight`
 */
export function packWeights(graph: Graph, weights: ReadonlySet<string>): Graph | undefined {
  const packed = packedTensors(graph, weights);
  if (packed.size === 0) return graph;
  const raised = raiseOpset(graph, 21);
  return raised && { ...raised, initializers: new Map([...raised.initializers, ...packed]) };
}

/** Codes and zero points by name: of one DequantizeLinear both have the same type. */
function packedTensors(graph: Graph, weights: ReadonlySet<string>): Map<string, Tensor> {
  const readers = consumers(graph);
  const packed = new Map<string, Tensor>();
  for (const node of graph.nodes) {
    if (!isDequantizer(node) || !weights.has(node.outputs[0]!)) continue;
    const names = [node.inputs[0]!, node.inputs[2] ?? ''].filter((name) => name !== '');
    const isOwn = names.every((name) => readers.get(name)!.length === 1);
    const tensors = names.map((name) => graph.initializers.get(name));
    if (!isOwn || !tensors.every(fitsFourBits)) continue;
    for (const [i, name] of names.entries()) packed.set(name, { ...tensors[i]!, dtype: 'int4' });
  }
  return packed;
}

function isDequantizer({ opType, domain }: Node): boolean {
  return opType === 'DequantizeLinear' && domain === '';
}

function fitsFourBits(tensor: Tensor | undefined): tensor is Tensor {
  return tensor?.dtype === 'int8' && (tensor.data as Int8Array).every((code) => code >= -8 && code <= 7);
}
