import { AgentError } from '../../errors.js';
import { type Graph, type Node, stringAttribute } from '../../graph/graph.js';
import { viewNode } from '../../graph/passes/nodeView.js';
import type { TensorType } from '../../graph/passes/shapes/rule.js';
import { float32Tensor, int64Tensor, type Tensor } from '../../graph/tensor.js';
import { tensorTypes } from '../../graph/tensorTypes.js';
import { cornerShares, type LinearTaps, linearTaps, samplings } from '../layout/sampling.js';

/**
 * Returns the graph with each linear Resize of `[N, C, H, W]` as the sum of its four neighbours, each times what it counts, added up
 * in onnxruntime's order: between codes on one grid every sixteenth such sum is a tie. Those of other axes or modes stay.
 *
 * @param graph with the types of all its tensors
 */
export function linearResizesAsSums(graph: Graph): Graph {
  const types = tensorTypes(graph) as ReadonlyMap<string, TensorType>;
  const initializers = new Map(graph.initializers);
  const nodes = graph.nodes.flatMap((node) => {
    const taps = tapsOf(node, graph, types);
    if (taps === undefined) return [node];
    const sum = neighbourSum(node, taps);
    for (const [name, tensor] of sum.constants) initializers.set(name, tensor);
    return sum.nodes;
  });
  return nodes.length === graph.nodes.length ? graph : { ...graph, nodes, initializers };
}

/** Of rows and of columns; undefined for what is no linear Resize of an image. */
function tapsOf(
  node: Node,
  { initializers: constants }: Graph,
  types: ReadonlyMap<string, TensorType>,
): readonly [LinearTaps, LinearTaps] | undefined {
  if (node.opType !== 'Resize' || stringAttribute(node, 'mode', 'nearest') !== 'linear') return undefined;
  const view = viewNode(node, { types, constants });
  if (view.types[0]!.dims.length !== 4) return undefined;
  try {
    const [rows, columns] = samplings({ view, layouts: [], outputs: [types.get(node.outputs[0]!)!] });
    return [linearTaps(rows), linearTaps(columns)];
  } catch (error) {
    if (error instanceof AgentError && error.code === 'op_unsupported') return undefined;
    throw error;
  }
}

function neighbourSum(node: Node, [rows, columns]: readonly [LinearTaps, LinearTaps]) {
  const [input, output] = [node.inputs[0]!, node.outputs[0]!];
  const constants = new Map<string, Tensor>();
  const nodes: Node[] = [];
  const constant = (name: string, tensor: Tensor): string => {
    constants.set(name, tensor);
    return name;
  };
  const add = (opType: string, inputs: readonly string[], name: string, axis?: number): string => {
    const attributes = new Map(
      axis === undefined ? [] : [['axis', { type: 'int', value: BigInt(axis) } as const]],
    );
    nodes.push({ name, opType, domain: '', inputs, outputs: [name], attributes });
    return name;
  };
  const take = (from: string, indices: readonly number[], axis: number, name: string): string =>
    add('Gather', [from, constant(`${name}/at`, int64Tensor(indices))], name, axis);

  const corners = [rows.low, rows.high].flatMap((down, side) => {
    const image = take(input, down, 2, `${output}/rows/${side}`);
    return [columns.low, columns.high].map((across, end) =>
      take(image, across, 3, `${output}/${side}/${end}`),
    );
  });
  const size = [1, 1, rows.low.length, columns.low.length];
  cornerShares(rows, columns)
    .map((share, corner) => {
      const name = `${corners[corner]}/share`;
      return add('Mul', [corners[corner]!, constant(name, float32Tensor(size, share))], `${name}d`);
    })
    .reduce((sum, part, corner) =>
      add('Add', [sum, part], corner === 3 ? output : `${output}/sum/${corner}`),
    );
  return { nodes, constants };
}
