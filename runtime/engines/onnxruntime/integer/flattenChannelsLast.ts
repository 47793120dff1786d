import { freshName } from '../../../graph/freshName.js';
import { consumers, type Graph, intAttribute, intsAttribute, type Node } from '../../../graph/graph.js';
import { removeDeadNodes } from '../../../graph/passes/removeDeadNodes.js';
import { int64Tensor } from '../../../graph/tensor.js';
import { tensorTypes } from '../../../graph/tensorTypes.js';

/**
 * Returns the tail of a network with each `[1, C, H, W]` that is flattened to `[1, C, H * W]` and then transposed to
 * `[1, H * W, C]`, concatenated with others in between or not, flattened with the channels last: `Transpose`, `Reshape`,
 * `Transpose`. Heads come with the channels last and are transposed to ONNX's order; onnxruntime cancels transposes of each other
 * through most operators, but not through a Reshape.
 */
export function flattenChannelsLast(tail: Graph): Graph {
  const types = new Map(tensorTypes(tail));
  const readers = consumers(tail);
  const initializers = new Map(tail.initializers);
  const isTaken = (name: string): boolean => types.has(name) || initializers.has(name);
  const nodes = tail.nodes.flatMap((node): readonly Node[] => {
    const [from = ''] = node.inputs;
    const [to = ''] = node.outputs;
    const [batch, channels, ...pixels] = types.get(from)?.dims.map(Number) ?? [];
    const area = pixels.reduce((product, size) => product * size, 1);
    const flattens = String(types.get(to)?.dims) === String([batch, channels, area]);
    if (node.opType !== 'Reshape' || pixels.length !== 2 || !flattens) return [node];
    if (!isTransposed(to, readers)) return [node];
    const [last, flat, shape] = ['last', 'flat', 'shape'].map((what) => freshName(`${to}/${what}`, isTaken));
    initializers.set(shape!, int64Tensor([batch!, area, channels!]));
    return [
      transpose(from, last!, [0, 2, 3, 1]),
      { ...node, inputs: [last!, shape!], outputs: [flat!] },
      transpose(flat!, to, [0, 2, 1]),
    ];
  });
  return removeDeadNodes({ ...tail, nodes, initializers });
}

/** Whether all that reads the tensor transposes its last two axes, or what it is joined to along the last. */
function isTransposed(name: string, readers: ReadonlyMap<string, readonly Node[]>): boolean {
  const all = readers.get(name) ?? [];
  return all.length > 0 && all.every((reader) => isTransposing(reader, readers));
}

function isTransposing(node: Node, readers: ReadonlyMap<string, readonly Node[]>): boolean {
  if (node.opType === 'Transpose') return String(intsAttribute(node, 'perm', [])) === '0,2,1';
  const isJoin = node.opType === 'Concat' && [2, -1].includes(intAttribute(node, 'axis', 0));
  return isJoin && isTransposed(node.outputs[0]!, readers);
}

function transpose(input: string, output: string, order: readonly number[]): Node {
  return {
    name: '',
    opType: 'Transpose',
    domain: '',
    inputs: [input],
    outputs: [output],
    attributes: new Map([['perm', { type: 'ints', value: order.map(BigInt) }]]),
  };
}
