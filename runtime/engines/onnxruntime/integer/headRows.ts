import { type Graph, intsAttribute, type Node, type ValueInfo } from '../../../graph/graph.js';
import type { IntegerGraph } from '../../../lowering/integerGraph.js';

/** A tail without what gives values of heads with the channels last. */
export interface HeadRows {
  readonly tail: Graph;
  /** Names of the outputs `[H * W, O]` that the products of heads are themselves, by the names of the heads' values. */
  readonly rows: ReadonlyMap<string, string>;
}

/**
 * Returns the tail and which heads leave it, in pieces, as their product is: a Reshape to an output, which keeps all where it is,
 * would copy it.
 */
export function headRows({ tail, tensors, unpacked, outputs: leaving }: IntegerGraph): HeadRows {
  const heads = new Set(
    leaving.flatMap(({ tensor, floatName }) => (tensors.get(tensor)!.grid === null ? floatName : [])),
  );
  const pieces = new Set(Object.values(unpacked).flatMap(({ parts }) => parts.map(({ source }) => source)));
  const outputs = new Map(tail.outputs.map((output) => [output.name, output]));
  const rows = new Map<string, string>();
  const isRows = (node: Node): boolean => {
    const [from = ''] = node.inputs;
    const isOwn = heads.has(from) && pieces.has(node.outputs[0]!);
    return isOwn && node.opType === 'Transpose' && String(intsAttribute(node, 'perm', [])) === '0,2,3,1';
  };
  const nodes = tail.nodes.filter((node) => {
    if (!isRows(node)) return true;
    const [to = ''] = node.outputs;
    rows.set(node.inputs[0]!, to);
    outputs.set(to, inRows(outputs.get(to)!));
    return false;
  });
  return { tail: { ...tail, nodes, outputs: [...outputs.values()] }, rows };
}

function inRows(output: ValueInfo): ValueInfo {
  const [, height, width, channels] = output.dims.map(Number);
  return { ...output, dims: [height! * width!, channels!] };
}
