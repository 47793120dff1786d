import type { Attribute, Node } from '../graph.js';
import type { AttributeProto, GraphProto } from '../onnx.pb.js';

/**
 * Returns the names of the tensors that a node reads: its inputs, and what its subgraphs (of If, Loop and Scan) may
 * take from outside. The latter includes names that a subgraph makes itself.
 */
export function namesRead(node: Node): string[] {
  const captured = [...node.attributes.values()].flatMap(capturedNames);
  return [...node.inputs.filter((name) => name !== ''), ...captured];
}

function capturedNames(attribute: Attribute): string[] {
  if (attribute.type !== 'opaque') return [];
  const { g, graphs } = attribute.value as AttributeProto;
  return [...(g === undefined ? [] : [g]), ...graphs].flatMap(subgraphNames);
}

function subgraphNames({ node, output }: GraphProto): string[] {
  const read = node.flatMap(({ input, attribute }) => [
    ...input,
    ...attribute.flatMap(({ g, graphs }) =>
      [...(g === undefined ? [] : [g]), ...graphs].flatMap(subgraphNames),
    ),
  ]);
  return [...read, ...output.map(({ name }) => name)];
}
