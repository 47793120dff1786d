import type { Graph, Node } from '../../graph/graph.js';

/**
 * Returns the graph with a copy of its own, codes, zero points and DequantizeLinear, for each further node that reads a quantized
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
  const read = new Set<string>();
  let numCopies = 0;

  const nodes = graph.nodes.flatMap((node): Node[] => {
    const copies: Node[] = [];
    const inputs = node.inputs.map((input) => {
      const source = sources.get(input);
      if (source === undefined) return input;
      const isFirst = !source.inputs.some((constant) => read.has(constant));
      for (const constant of source.inputs) read.add(constant);
      if (isFirst) return input;
      const copy = copyOf(source, ++numCopies);
      for (const [index, constant] of copy.inputs.entries()) {
        initializers.set(constant, graph.initializers.get(source.inputs[index]!)!);
      }
      copies.push(copy);
      return copy.outputs[0]!;
    });
    return copies.length === 0 ? [node] : [...copies, { ...node, inputs }];
  });
  return numCopies > 0 ? { ...graph, nodes, initializers } : graph;
}

function isWeight({ opType, domain, inputs }: Node, { initializers }: Graph): boolean {
  const isConstant = inputs.every((input) => initializers.has(input));
  return opType === 'DequantizeLinear' && domain === '' && isConstant && inputs.length === 3;
}

function copyOf(node: Node, number: number): Node {
  const named = (name: string) => `${name}/copy${number}`;
  return {
    ...node,
    name: named(node.name),
    inputs: node.inputs.map(named),
    outputs: node.outputs.map(named),
  };
}
