import { consumers, type Graph, type Node, producers } from '../../../runtime/graph/graph.js';

const gates: ReadonlySet<string | undefined> = new Set(['Sigmoid', 'HardSigmoid']);

/**
 * Returns the Mul nodes that are self-gated activations, `y * gate(y)`, with the name of their y: SiLU by a sigmoid, hard swish
 * by a hard sigmoid. Nothing else reads the gate.
 */
export function selfGatedProducts(graph: Graph): ReadonlyMap<Node, string> {
  const makers = producers(graph);
  const readers = consumers(graph);
  const found = new Map<Node, string>();
  for (const node of graph.nodes) {
    if (node.opType !== 'Mul') continue;
    for (const [gate, input] of [node.inputs, node.inputs.toReversed()] as [string, string][]) {
      const maker = makers.get(gate);
      const isSelfGated = gates.has(maker?.opType) && maker!.inputs[0] === input;
      if (isSelfGated && readers.get(gate)?.length === 1) found.set(node, input);
    }
  }
  return found;
}
