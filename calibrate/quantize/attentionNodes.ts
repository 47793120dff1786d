import { consumers, type Graph, type Node } from '../../runtime/graph/graph.js';

/**
 * Returns the products of computed tensors and the softmaxes, with what only they lead to, up to what a convolution reads:
 * most probabilities are below the step of 8 bits that the largest asks for.
 */
export function attentionNodes(graph: Graph): ReadonlySet<Node> {
  const readers = consumers(graph);
  const isComputed = (tensor: string) => tensor !== '' && !graph.initializers.has(tensor);
  const found = new Set<Node>();
  const unrounded = new Set<string>();
  for (const node of graph.nodes) {
    const computed = node.inputs.filter(isComputed);
    const isSource = node.opType === 'Softmax' || (node.opType === 'MatMul' && computed.length > 1);
    const isLedTo = computed.length > 0 && computed.every((input) => unrounded.has(input));
    const isConvolved = node.outputs.some((output) =>
      readers.get(output)?.some(({ opType }) => opType === 'Conv'),
    );
    if (node.opType === 'Conv' || isConvolved || !(isSource || isLedTo)) continue;
    found.add(node);
    for (const output of node.outputs) unrounded.add(output);
  }
  return found;
}
