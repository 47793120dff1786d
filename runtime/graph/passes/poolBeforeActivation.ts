import { freshName } from '../freshName.js';
import { consumers, floatAttribute, type Graph, type Node } from '../graph.js';
import { tensorTypes } from '../tensorTypes.js';

/**
 * Returns the graph with every non-decreasing activation f that a MaxPool alone reads moved behind the pool:
 * MaxPool(f(x)) = f(MaxPool(x)). Exact, and f runs on fewer values: a quantizer before f then sees only those
 * that win their window, whose range is narrower on the negative side.
 *
 * A ReLU or Clip right behind a convolution stays: engines fuse the two, which is worth more. SiLU and its like
 * are not monotone.
 */
export function poolBeforeActivation(graph: Graph): Graph {
  const readers = consumers(graph);
  const types = new Map(tensorTypes(graph));
  const outputs = new Set(graph.outputs.map(({ name }) => name));
  const values = new Map(graph.values);
  const made = new Map<string, Node>();
  const nodes = new Set<Node>();
  let isMoved = false;
  const add = (node: Node) => {
    nodes.add(node);
    for (const output of node.outputs) made.set(output, node);
  };
  for (const node of graph.nodes) {
    const activated = node.inputs[0] ?? '';
    const activation = made.get(activated);
    const isMovable =
      isMaxPool(node) &&
      activation !== undefined &&
      isNonDecreasing(activation) &&
      !isFused(activation, made) &&
      readers.get(activated)?.length === 1 &&
      !outputs.has(activated);
    if (!isMovable) {
      add(node);
      continue;
    }
    isMoved = true;
    const [result = ''] = node.outputs;
    const [source = ''] = activation.inputs;
    const pooled = freshName(`${source}/pooled`, (name) => types.has(name) || made.has(name));
    const type = types.get(result);
    values.delete(activated);
    if (type) values.set(pooled, { ...type, name: pooled });
    nodes.delete(activation);
    add({ ...node, inputs: [source], outputs: [pooled] });
    add({ ...activation, inputs: [pooled, ...activation.inputs.slice(1)], outputs: [result] });
  }
  return isMoved ? { ...graph, nodes: [...nodes], values } : graph;
}

/** Without the second output, the winners' positions, which a moved pool could not give. */
function isMaxPool({ opType, domain, outputs }: Node): boolean {
  return opType === 'MaxPool' && domain === '' && outputs.length === 1;
}

function isNonDecreasing(node: Node): boolean {
  if (node.domain !== '') return false;
  switch (node.opType) {
    case 'Relu':
    case 'Clip':
    case 'Sigmoid':
    case 'Tanh':
      return true;
    case 'LeakyRelu':
      return floatAttribute(node, 'alpha', 0.01) >= 0;
    case 'HardSigmoid':
      return floatAttribute(node, 'alpha', 0.2) >= 0;
    default:
      return false;
  }
}

function isFused({ opType, inputs }: Node, made: ReadonlyMap<string, Node>): boolean {
  return (opType === 'Relu' || opType === 'Clip') && made.get(inputs[0]!)?.opType === 'Conv';
}
