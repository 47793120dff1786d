import { type Graph, type Node, producers } from '../../graph/graph.js';

/** What lies between an output and the convolutions that it is made from. */
export interface Tail {
  /** Behind the convolutions, each before what it reads. */
  readonly nodes: readonly Node[];
  /** The last convolutions on each way to the output, in the order in which they are joined. */
  readonly convs: readonly Node[];
  readonly ops: ReadonlySet<string>;
}

/** Returns the tail of an output. A convolution over a softmax belongs to it, as that only decodes. */
export function tailOf(graph: Graph, output: string): Tail {
  const producer = producers(graph);
  const nodes: Node[] = [];
  const convs: Node[] = [];
  const seen = new Set<Node>();
  const waiting = [output];
  for (let tensor = waiting.shift(); tensor !== undefined; tensor = waiting.shift()) {
    const node = producer.get(tensor);
    if (node === undefined || seen.has(node)) continue;
    seen.add(node);
    if (node.opType === 'Conv' && !readsSoftmax(node, producer)) {
      convs.push(node);
      continue;
    }
    nodes.push(node);
    waiting.unshift(...node.inputs);
  }
  return { nodes, convs, ops: new Set(nodes.map(({ opType }) => opType)) };
}

const moves = new Set(['Transpose', 'Reshape', 'Identity']);

function readsSoftmax(node: Node, producer: ReadonlyMap<string, Node>): boolean {
  const source = producer.get(node.inputs[0] ?? '');
  if (source === undefined) return false;
  return source.opType === 'Softmax' || (moves.has(source.opType) && readsSoftmax(source, producer));
}

/** Operators that only move values or turn logits into probabilities. */
const undecoded = new Set([
  ...['Concat', 'Reshape', 'Transpose', 'Sigmoid', 'Softmax', 'Flatten', 'Squeeze', 'Unsqueeze'],
  ...['Slice', 'Split', 'Identity', 'Cast', 'Gather', 'Shape', 'Constant'],
]);

/** Whether arithmetic stands between the convolutions and the output: boxes are decoded in the network. */
export function decodes({ ops }: Tail): boolean {
  return [...ops].some((op) => !undecoded.has(op));
}
