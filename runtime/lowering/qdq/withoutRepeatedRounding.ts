import type { Graph, Node } from '../../graph/graph.js';
import { movers } from '../../graph/movers.js';
import type { Grid } from '../integerGraph.js';
import { sameGrid } from './codeView.js';

/**
 * Returns a part in float without the quantizers and dequantizers of values that lie on their grid already, for they were only
 * moved since they came in: networks are quantized behind every move, and engines run the moves on codes.
 *
 * @param grids of the graph's inputs
 * @param gridOf tells the grid of a quantizer or dequantizer, where it is a plain one
 */
export function withoutRepeatedRounding(
  graph: Graph,
  grids: ReadonlyMap<string, Grid>,
  gridOf: (node: Node) => Grid | undefined,
): Graph {
  const gridOfTensor = new Map(grids);
  /** What tensors that are not made any more are the same as. */
  const same = new Map<string, string>();
  const nodes = graph.nodes.flatMap((node): readonly Node[] => {
    const inputs = node.inputs.map((input) => same.get(input) ?? input);
    const [input = ''] = inputs;
    const grid = gridOfTensor.get(input);
    const isRounding = node.opType === 'QuantizeLinear' || node.opType === 'DequantizeLinear';
    const own = grid && isRounding ? gridOf(node) : undefined;
    const isKept = graph.outputs.some(({ name }) => node.outputs.includes(name));
    if (grid && own && sameGrid(grid, own) && !isKept) {
      same.set(node.outputs[0]!, input);
      return [];
    }
    if (grid && movers.has(node.opType)) for (const output of node.outputs) gridOfTensor.set(output, grid);
    return [{ ...node, inputs }];
  });
  return nodes.length < graph.nodes.length ? { ...graph, nodes } : graph;
}
