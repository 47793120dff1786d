import { consumers, floatAttribute, type Graph, type Node } from '../graph.js';

/** Convolutions of one weight tensor whose LeakyReLU, of one slope, can be written as a sum of two convolutions. */
export interface LeakyReluSplit {
  /** Name of the weights. */
  readonly weight: string;
  /** The LeakyReLU's slope below zero, within (0, 1). */
  readonly alpha: number;
  readonly branches: readonly SplitBranch[];
}

/** From a convolution to its LeakyReLU: each tensor between them has one reader. */
export interface SplitBranch {
  readonly conv: Node;
  /** Max pools between the two, in order. */
  readonly pools: readonly Node[];
  readonly activation: Node;
}

/**
 * Returns every place where `splitLeakyRelu` applies, in topological order. Not listed are convolutions whose
 * weights or bias are not constant float32, whose output is read by something else too, and those that share their
 * weights with one that is not listed or has another slope.
 */
export function leakyReluSplits(graph: Graph): LeakyReluSplit[] {
  const readers = consumers(graph);
  const outputs = new Set(graph.outputs.map(({ name }) => name));
  const soleReader = (tensor: string): Node | undefined => {
    const [reader, ...others] = readers.get(tensor) ?? [];
    return others.length > 0 || outputs.has(tensor) ? undefined : reader;
  };
  const isConstant = (tensor: string) => graph.initializers.get(tensor)?.dtype === 'float32';

  const branchOf = (conv: Node): SplitBranch | undefined => {
    if (conv.opType !== 'Conv' || !conv.inputs.slice(1).every((input) => input === '' || isConstant(input)))
      return undefined;
    const pools: Node[] = [];
    let next = soleReader(conv.outputs[0]!);
    while (next?.opType === 'MaxPool' && next.outputs.length === 1) {
      pools.push(next);
      next = soleReader(next.outputs[0]!);
    }
    return next?.opType === 'LeakyRelu' ? { conv, pools, activation: next } : undefined;
  };

  const weights = new Set(
    graph.nodes.flatMap(({ opType, inputs }) => (opType === 'Conv' ? [inputs[1]!] : [])),
  );
  return [...weights].flatMap((weight): LeakyReluSplit[] => {
    const users = readers.get(weight)!;
    const branches = users.flatMap((node) => (node.inputs[1] === weight ? (branchOf(node) ?? []) : []));
    const slopes = new Set(branches.map(({ activation }) => floatAttribute(activation, 'alpha', 0.01)));
    const [alpha = 0] = slopes;
    const isWhole = branches.length === users.length && slopes.size === 1;
    return isWhole && alpha > 0 && alpha < 1 ? [{ weight, alpha, branches }] : [];
  });
}
