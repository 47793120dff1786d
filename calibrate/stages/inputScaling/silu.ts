import { consumers, type Graph, type Node, producers } from '../../../runtime/graph/graph.js';

/** Returns the Mul nodes that are SiLUs, `y * Sigmoid(y)` whose sigmoid nothing else reads, with the name of their y. */
export function siluMuls(graph: Graph): ReadonlyMap<Node, string> {
  const makers = producers(graph);
  const readers = consumers(graph);
  const found = new Map<Node, string>();
  for (const node of graph.nodes) {
    if (node.opType !== 'Mul') continue;
    for (const [gate, input] of [node.inputs, node.inputs.toReversed()] as [string, string][]) {
      const maker = makers.get(gate);
      const isSilu = maker?.opType === 'Sigmoid' && maker.inputs[0] === input;
      if (isSilu && readers.get(gate)?.length === 1) found.set(node, input);
    }
  }
  return found;
}
