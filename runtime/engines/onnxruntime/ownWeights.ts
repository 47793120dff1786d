import type { Graph, Node } from '../../graph/graph.js';
import type { Tensor } from '../../graph/tensor.js';

/**
 * Returns the graph with a copy of its own, codes and DequantizeLinear, for each further node that reads a quantized
 * weight, as the levels of a detector that share their head do.
 *
 * onnxruntime 1.30 names the unsigned weights that `x64quantprecision` asks for after the signed ones, and fails on the
 * second node that reads the same.
 */
export function ownWeights(graph: Graph): Graph {
  const sources = new Map(
    graph.nodes.flatMap((node) => (isWeight(node, graph) ? [[node.outputs[0]!, node] as const] : [])),
  );
  const initializers = new Map(graph.initializers);
  const readers = new Map<string, number>();
  let isChanged = false;

  const nodes = graph.nodes.flatMap((node): Node[] => {
    const copies: Node[] = [];
    const inputs = node.inputs.map((input) => {
      const source = sources.get(input);
      if (source === undefined) return input;
      const codes = source.inputs[0]!;
      const earlier = readers.get(codes) ?? 0;
      readers.set(codes, earlier + 1);
      if (earlier === 0) return input;
      const copy = copyOf(source, earlier);
      initializers.set(copy.inputs[0]!, graph.initializers.get(codes)!);
      copies.push(copy);
      return copy.outputs[0]!;
    });
    if (copies.length === 0) return [node];
    isChanged = true;
    return [...copies, { ...node, inputs }];
  });
  return isChanged ? { ...graph, nodes, initializers } : graph;
}

function isWeight({ opType, domain, inputs }: Node, { initializers }: Graph): boolean {
  const codes: Tensor | undefined = initializers.get(inputs[0] ?? '');
  return opType === 'DequantizeLinear' && domain === '' && codes?.dtype === 'int8';
}

function copyOf(node: Node, number: number): Node {
  const named = (name: string) => `${name}/copy${number}`;
  const [codes = '', ...grid] = node.inputs;
  return {
    ...node,
    name: named(node.name),
    inputs: [named(codes), ...grid],
    outputs: node.outputs.map(named),
  };
}
