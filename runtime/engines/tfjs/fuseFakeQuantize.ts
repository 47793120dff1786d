import { type Graph, intAttribute, type Node, producers } from '../../graph/graph.js';

/**
 * Quantizes and dequantizes at once: `toScale * (clip(round(x / scale) + zeroPoint) - zeroPoint)`. Inputs: x, scale, zeroPoint,
 * toScale.
 */
export const fakeQuantizeDomain = 'detptq';

/**
 * Returns the graph with each DequantizeLinear that reads a QuantizeLinear with the same zero point replaced by one FakeQuantize of
 * this project's own domain, which reads the float tensor. A QuantizeLinear that is left without readers is dead. Pairs
 * whose zero points differ between channels or are no constants stay.
 */
export function fuseFakeQuantize(graph: Graph): Graph {
  const makers = producers(graph);
  const nodes = graph.nodes.map((node): Node => {
    const quantize = makers.get(node.inputs[0] ?? '');
    if (!isStandard(node, 'DequantizeLinear') || !isStandard(quantize, 'QuantizeLinear')) return node;
    if (!sameCodes(quantize, node, graph) || !hasOneRange(quantize, graph)) return node;
    const [x, scale, zeroPoint = ''] = quantize.inputs as [string, string, string?];
    const inputs = [x, scale, zeroPoint, node.inputs[1]!];
    const { attributes } = quantize;
    return { ...node, opType: 'FakeQuantize', domain: fakeQuantizeDomain, inputs, attributes };
  });
  return { ...graph, nodes };
}

function isStandard(node: Node | undefined, opType: string): node is Node {
  return node?.opType === opType && node.domain === '';
}

/** Whether both take codes for the same numbers of steps, which may be of other sizes where these are constant. */
function sameCodes(left: Node, right: Node, { initializers }: Graph): boolean {
  const codes = (node: Node): string =>
    JSON.stringify([
      initializers.get(node.inputs[1]!)?.dims ?? node.inputs[1],
      node.inputs[2] ?? '',
      intAttribute(node, 'axis', 1),
      intAttribute(node, 'block_size', 0),
    ]);
  return codes(left) === codes(right);
}

/** Whether all channels have one zero point and it is constant. */
function hasOneRange(quantize: Node, graph: Graph): boolean {
  const name = quantize.inputs[2] ?? '';
  const zeroPoints = graph.initializers.get(name)?.data;
  return name === '' || zeroPoints?.every((zeroPoint) => zeroPoint === zeroPoints[0]) === true;
}
