import type { Graph, Node } from '../../runtime/graph/graph.js';

/**
 * Where each node stands with respect to the convolutions:
 * - `head`: before the first convolution (normalisation, Focus);
 * - `body`: has a convolution behind it, and is one or has one before it;
 * - `prediction`: a convolution with none behind it: its output leaves the network, possibly decoded;
 * - `tail`: behind the prediction convolutions.
 * The tail and the predictions' outputs stay float: they are decoded, not convolved (detptq.md 5b).
 */
export type Region = 'head' | 'body' | 'prediction' | 'tail';

/** Returns each node's region. */
export function networkRegions(graph: Graph): Map<Node, Region> {
  const convAfter = new Set<string>();
  const hasConvAfter = new Set<Node>();
  for (const node of graph.nodes.toReversed()) {
    const after = node.outputs.some((output) => convAfter.has(output));
    if (after) hasConvAfter.add(node);
    if (after || node.opType === 'Conv') for (const input of node.inputs) convAfter.add(input);
  }
  const convBefore = new Set<string>();
  const regions = new Map<Node, Region>();
  for (const node of graph.nodes) {
    const isConv = node.opType === 'Conv';
    const before = isConv || node.inputs.some((input) => convBefore.has(input));
    if (before) for (const output of node.outputs) convBefore.add(output);
    if (!hasConvAfter.has(node)) regions.set(node, isConv ? 'prediction' : 'tail');
    else regions.set(node, before ? 'body' : 'head');
  }
  return regions;
}
