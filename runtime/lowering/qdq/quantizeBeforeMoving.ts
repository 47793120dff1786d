import { consumers, type Graph, intAttribute, type Node, producers } from '../../graph/graph.js';
import { elementCount } from '../../graph/tensor.js';

/**
 * Returns the graph with every quantizer of a tensor that was only moved in front of what moves it, which then moves codes:
 * on one grid for the whole tensor each value is rounded by itself, wherever it lies. So the image has the grid that some tools
 * put behind a Focus. A tensor that anything else reads, too, stays where it is.
 */
export function quantizeBeforeMoving(graph: Graph): Graph {
  const makers = producers(graph);
  const readers = consumers(graph);
  const leaving = new Set(graph.outputs.map(({ name }) => name));
  const replaced = new Map<Node, readonly Node[]>();
  for (const quantizer of graph.nodes.filter((node) => isOnOneGrid(node, graph))) {
    const moves: Node[] = [];
    let [source = ''] = quantizer.inputs;
    for (;;) {
      const move = makers.get(source);
      const isAlone = readers.get(source)?.length === 1 && !leaving.has(source);
      if (move === undefined || !isAlone || !onlyMoves(move, graph)) break;
      moves.unshift(move);
      source = move.inputs[0]!;
    }
    if (moves.length === 0) continue;
    for (const move of moves) replaced.set(move, []);
    replaced.set(quantizer, movedCodes(quantizer, moves));
  }
  if (replaced.size === 0) return graph;
  return { ...graph, nodes: graph.nodes.flatMap((node) => replaced.get(node) ?? [node]) };
}

/** @param moves in order, the first reading what is to be quantized */
function movedCodes(quantizer: Node, moves: readonly Node[]): Node[] {
  const [codes = ''] = quantizer.outputs;
  const before = (index: number) => (index === moves.length ? codes : `${codes}/before_move_${index}`);
  const [, ...grid] = quantizer.inputs;
  return [
    { ...quantizer, inputs: [moves[0]!.inputs[0]!, ...grid], outputs: [before(0)] },
    ...moves.map((move, index) => ({
      ...move,
      inputs: [before(index), ...move.inputs.slice(1)],
      outputs: [before(index + 1)],
    })),
  ];
}

function isOnOneGrid({ opType, domain, inputs }: Node, { initializers }: Graph): boolean {
  if (opType !== 'QuantizeLinear' || domain !== '') return false;
  const scale = initializers.get(inputs[1] ?? '');
  return scale !== undefined && elementCount(scale.dims) === 1;
}

/** Whether a node's output holds values of its first input, of whatever type, and nothing else. */
function onlyMoves(node: Node, { initializers }: Graph): boolean {
  if (node.domain !== '') return false;
  if (node.opType === 'Gather')
    return intAttribute(node, 'axis', 0) === 1 && initializers.has(node.inputs[1]!);
  return node.opType === 'SpaceToDepth';
}
