import { type Graph, intAttribute, type Node } from './graph.js';
import { elementCount } from './tensor.js';
import { fixedDims, tensorTypes } from './tensorTypes.js';

/**
 * Returns the multiply-accumulates of each Conv, Gemm and MatMul, by the name of the node's first output. Biases are not
 * counted. Nodes whose dimensions are not known are left out: run `inferShapes` before.
 */
export function nodeMacs(graph: Graph): Map<string, number> {
  const types = tensorTypes(graph);
  const macs = new Map<string, number>();
  for (const node of graph.nodes) {
    const [output = ''] = node.outputs;
    const outputDims = fixedDims(types.get(output));
    const [left, right] = node.inputs.slice(0, 2).map((name) => fixedDims(types.get(name)));
    if (outputDims === undefined || left === undefined || right === undefined) continue;
    const perElement = macsPerElement(node, left, right);
    if (perElement > 0) macs.set(output, elementCount(outputDims) * perElement);
  }
  return macs;
}

/** Returns the sum over all nodes of `nodeMacs`. */
export function totalMacs(graph: Graph): number {
  return [...nodeMacs(graph).values()].reduce((sum, macs) => sum + macs, 0);
}

function macsPerElement(node: Node, left: readonly number[], right: readonly number[]): number {
  switch (node.domain === '' ? node.opType : '') {
    case 'Conv':
      // Weights are [filters, channels per group, ...kernel].
      return elementCount(right.slice(1));
    case 'Gemm':
      return left[intAttribute(node, 'transA', 0) === 1 ? 0 : 1]!;
    case 'MatMul':
      return left.at(-1)!;
    default:
      return 0;
  }
}
