import { AgentError } from '../../errors.js';
import { type Graph, type Node, stringAttribute } from '../../graph/graph.js';
import { viewNode } from '../../graph/passes/nodeView.js';
import type { TensorType } from '../../graph/passes/shapes/rule.js';
import { float32Tensor, int64Tensor } from '../../graph/tensor.js';
import { tensorTypes } from '../../graph/tensorTypes.js';
import { cornerShares, linearTaps, nearestIndices, type Sampling, samplings } from '../layout/sampling.js';
import { Additions, newNode } from './additions.js';

type Mode = 'linear' | 'nearest';

/**
 * Returns the graph with each Resize of the rows and columns of `[N, C, H, W]` in one of the modes as what it gathers: a nearest one as
 * the rows and then the columns that it takes; a linear one as its four neighbours, each times what it counts, added up in
 * onnxruntime's order, for between codes on one grid every sixteenth such sum is a tie. All others stay.
 *
 * @param graph with the types of all its tensors
 */
export function resizesAsGathers(graph: Graph, modes: readonly Mode[]): Graph {
  const types = tensorTypes(graph) as ReadonlyMap<string, TensorType>;
  const added = new Additions(graph);
  const nodes = graph.nodes.flatMap((node): readonly Node[] => {
    const mode = stringAttribute(node, 'mode', 'nearest') as Mode;
    if (node.opType !== 'Resize' || node.domain !== '' || !modes.includes(mode)) return [node];
    const view = viewNode(node, { types, constants: graph.initializers });
    if (view.types[0]!.dims.length !== 4) return [node];
    try {
      const [rows, columns] = samplings({ view, layouts: [], outputs: [types.get(node.outputs[0]!)!] });
      return resizes[mode](node, { rows, columns, added });
    } catch (error) {
      if (error instanceof AgentError && error.code === 'op_unsupported') return [node];
      throw error;
    }
  });
  return nodes.length === graph.nodes.length ? graph : { ...graph, nodes, initializers: added.initializers };
}

interface Resize {
  readonly rows: Sampling;
  readonly columns: Sampling;
  readonly added: Additions;
}

const resizes: Readonly<Record<Mode, (node: Node, resize: Resize) => Node[]>> = {
  nearest: takenElements,
  linear: neighbourSum,
};

function takenElements({ inputs, outputs }: Node, { rows, columns, added }: Resize): Node[] {
  const lines = take(inputs[0]!, { indices: nearestIndices(rows), axis: 2, added });
  const elements = take(lines.outputs[0]!, { indices: nearestIndices(columns), axis: 3, added });
  return [lines, { ...elements, outputs }];
}

function neighbourSum({ inputs, outputs }: Node, { rows, columns, added }: Resize): Node[] {
  const [output] = outputs as [string];
  const [down, across] = [linearTaps(rows), linearTaps(columns)];
  const lines = [down.low, down.high].map((indices) => take(inputs[0]!, { indices, axis: 2, added }));
  const corners = lines.flatMap((line) =>
    [across.low, across.high].map((indices) => take(line.outputs[0]!, { indices, axis: 3, added })),
  );
  const size = [1, 1, rows.count, columns.count];
  const parts = cornerShares(down, across).map((share, corner) => {
    const counts = added.constant(`${output}/share`, float32Tensor(size, share));
    return added.node(`${output}/part`, 'Mul', [corners[corner]!.outputs[0]!, counts]);
  });
  const [first, ...others] = parts.map(({ outputs: [part] }) => part!) as [string, ...string[]];
  const sums: Node[] = [];
  for (const part of others) {
    const inputs = [sums.at(-1)?.outputs[0] ?? first, part];
    const isLast = sums.length === others.length - 1;
    sums.push(isLast ? newNode(output, 'Add', inputs) : added.node(`${output}/sum`, 'Add', inputs));
  }
  return [...lines, ...corners, ...parts, ...sums];
}

interface Taking {
  readonly indices: readonly number[];
  readonly axis: number;
  readonly added: Additions;
}

function take(from: string, { indices, axis, added }: Taking): Node {
  const at = added.constant(`${from}/at`, int64Tensor(indices));
  return added.node(
    `${from}/taken`,
    'Gather',
    [from, at],
    new Map([['axis', { type: 'int', value: BigInt(axis) }]]),
  );
}
