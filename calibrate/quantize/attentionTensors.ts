import { consumers, type Graph, type Node } from '../../runtime/graph/graph.js';
import { inputsOnOutputGrid } from './gridSharing.js';

/**
 * Returns the tensors that attention leaves unrounded: products of computed tensors and softmaxes, with what only they lead to, up
 * to what a convolution reads, for most probabilities are below the step of 8 bits that the largest asks for; and what is but
 * moved or scaled on its way to them, for another rounding gains nothing.
 */
export function attentionTensors(graph: Graph): ReadonlySet<string> {
  const readers = consumers(graph);
  const isComputed = (tensor: string) => tensor !== '' && !graph.initializers.has(tensor);
  const nodes = new Set<Node>();
  const tensors = new Set<string>();
  for (const node of graph.nodes) {
    const computed = node.inputs.filter(isComputed);
    const isSource = node.opType === 'Softmax' || (node.opType === 'MatMul' && computed.length > 1);
    const isLedTo = computed.length > 0 && computed.every((input) => tensors.has(input));
    const isConvolved = node.outputs.some((output) =>
      readers.get(output)?.some(({ opType }) => opType === 'Conv'),
    );
    if (node.opType === 'Conv' || isConvolved || !(isSource || isLedTo)) continue;
    nodes.add(node);
    for (const output of node.outputs) tensors.add(output);
  }
  for (const node of graph.nodes.toReversed()) {
    const isScaled = node.opType === 'Mul' && node.inputs.filter(isComputed).length === 1;
    if (!isScaled && inputsOnOutputGrid(node).length === 0) continue;
    const inner = node.outputs.filter((output) => {
      const reading = readers.get(output) ?? [];
      return reading.length > 0 && reading.every((reader) => nodes.has(reader));
    });
    if (inner.length === node.outputs.length) nodes.add(node);
    for (const output of inner) tensors.add(output);
  }
  return tensors;
}
