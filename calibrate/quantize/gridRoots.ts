import { consumers, type Graph, type Node } from '../../runtime/graph/graph.js';
import { inputsOnOutputGrid } from './gridSharing.js';
import type { Region } from './networkRegions.js';

/**
 * Returns a function from a tensor to the name of its grid (the tensors that share one have the same), or
 * `undefined` where there is none.
 */
export function gridRoots(
  graph: Graph,
  {
    regions,
    floatTensors,
    attention,
  }: {
    readonly regions: ReadonlyMap<Node, Region>;
    readonly floatTensors: ReadonlySet<string>;
    readonly attention: ReadonlySet<string>;
  },
): (tensor: string) => string | undefined {
  const readers = consumers(graph);
  const parent = new Map<string, string>();
  const find = (tensor: string): string => {
    let root = tensor;
    while (parent.get(root) !== root) root = parent.get(root)!;
    return root;
  };
  const isFloat = (tensor: string) => (graph.values.get(tensor)?.dtype ?? 'float32') === 'float32';
  /** In the head, only what reaches a convolution by moving alone is on a grid: normalisation stays float. */
  const reachesConv = (tensor: string): boolean =>
    (readers.get(tensor) ?? []).every(
      (node) =>
        node.opType === 'Conv' ||
        (inputsOnOutputGrid(node).includes(tensor) && node.outputs.every(reachesConv)),
    );
  for (const input of graph.inputs) {
    if (floatTensors.has(input.name)) continue;
    if ((readers.get(input.name) ?? []).length > 0 && reachesConv(input.name))
      parent.set(input.name, input.name);
  }
  for (const node of graph.nodes) {
    const region = regions.get(node);
    if (region === 'tail' || region === 'prediction') continue;
    if (region === 'head' && !node.outputs.every(reachesConv)) continue;
    if (fusedIntoNext(node, readers)) continue;
    if (!node.outputs.every(isFloat)) continue;
    const outputs = node.outputs.filter((output) => !floatTensors.has(output) && !attention.has(output));
    if (outputs.length === 0) continue;
    for (const output of outputs) parent.set(output, output);
    const sharing = inputsOnOutputGrid(node).filter((input) => parent.has(input));
    for (const tensor of [...sharing, ...outputs]) parent.set(find(tensor), find(sharing[0] ?? outputs[0]!));
  }
  return (tensor) => (parent.has(tensor) ? find(tensor) : undefined);
}

/**
 * A convolution or sum that a ReLU alone reads: engines fuse the two, so that there is no grid between
 * them.
 */
function fusedIntoNext(node: Node, readers: ReadonlyMap<string, Node[]>): boolean {
  const [reader, ...others] = readers.get(node.outputs[0]!) ?? [];
  if (others.length > 0) return false;
  if (reader?.opType === 'Relu') return node.opType === 'Conv' || node.opType === 'Add';
  return reader?.opType === 'Clip' && node.opType === 'Conv';
}
