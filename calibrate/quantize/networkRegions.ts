import { type Graph, type Node, producers } from '../../runtime/graph/graph.js';

/**
 * Where each node stands with respect to the convolutions:
 * - `head`: before the first convolution (normalisation, Focus);
 * - `body`: has a convolution behind it, and is one or has one before it;
 * - `prediction`: a convolution with none behind it: its output leaves the network, possibly decoded;
 * - `tail`: behind the prediction convolutions.
 * The tail and the predictions' outputs stay float: they are decoded, not convolved (detptq.md 5b). A convolution over
 * a softmax takes the mean of a distribution, as YOLOv8 decodes its distances: it counts as decoding.
 */
export type Region = 'head' | 'body' | 'prediction' | 'tail';

/** Returns each node's region. */
export function networkRegions(graph: Graph): Map<Node, Region> {
  const convs = new Set(networkConvs(graph));
  const convAfter = new Set<string>();
  const hasConvAfter = new Set<Node>();
  for (const node of graph.nodes.toReversed()) {
    const after = node.outputs.some((output) => convAfter.has(output));
    if (after) hasConvAfter.add(node);
    if (after || convs.has(node)) for (const input of node.inputs) convAfter.add(input);
  }
  const convBefore = new Set<string>();
  const regions = new Map<Node, Region>();
  for (const node of graph.nodes) {
    const isConv = convs.has(node);
    const before = isConv || node.inputs.some((input) => convBefore.has(input));
    if (before) for (const output of node.outputs) convBefore.add(output);
    if (!hasConvAfter.has(node)) regions.set(node, isConv ? 'prediction' : 'tail');
    else regions.set(node, before ? 'body' : 'head');
  }
  return regions;
}

function networkConvs(graph: Graph): Node[] {
  const producer = producers(graph);
  const readsSoftmax = (node: Node): boolean => {
    const source = producer.get(node.inputs[0]!);
    if (source === undefined) return false;
    return source.opType === 'Softmax' || (movesOnly.has(source.opType) && readsSoftmax(source));
  };
  return graph.nodes.filter((node) => node.opType === 'Conv' && !readsSoftmax(node));
}

const movesOnly = new Set(['Transpose', 'Reshape', 'Identity']);
