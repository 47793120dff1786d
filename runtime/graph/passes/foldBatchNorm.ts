import { freshName } from '../freshName.js';
import { consumers, floatAttribute, type Graph, intAttribute, type Node } from '../graph.js';
import { float32Tensor, type Tensor } from '../tensor.js';
import { removeDeadNodes } from './removeDeadNodes.js';

/**
 * Returns the graph with each BatchNormalization that alone reads a Conv folded into that Conv's weights and bias:
 * w' = w * k, b' = (b - mean) * k + shift with k = scale / sqrt(variance + epsilon) per output channel. Computed in
 * float64. Left alone where weights or statistics are not constant float32.
 */
export function foldBatchNorm(graph: Graph): Graph {
  const readers = consumers(graph);
  const outputs = new Set(graph.outputs.map(({ name }) => name));
  const initializers = new Map(graph.initializers);
  const folded = new Map<Node, Node>();
  const absorbed = new Set<Node>();
  for (const conv of graph.nodes) {
    const [made = ''] = conv.outputs;
    const [reader, ...others] = readers.get(made) ?? [];
    if (reader === undefined || others.length > 0 || outputs.has(made)) continue;
    const weights = foldedWeights({ conv, norm: reader, graph });
    if (weights === undefined) continue;
    const names = (['weights', 'bias'] as const).map((part) => {
      const name = freshName(`${reader.outputs[0]}/${part}`, (taken) => initializers.has(taken));
      initializers.set(name, weights[part]);
      return name;
    });
    folded.set(conv, { ...conv, inputs: [conv.inputs[0]!, ...names], outputs: [reader.outputs[0]!] });
    absorbed.add(reader);
  }
  if (folded.size === 0) return graph;
  const nodes = graph.nodes.filter((node) => !absorbed.has(node)).map((node) => folded.get(node) ?? node);
  return removeDeadNodes({ ...graph, nodes, initializers });
}

function foldedWeights({
  conv,
  norm,
  graph,
}: {
  conv: Node;
  norm: Node;
  graph: Graph;
}): { weights: Tensor; bias: Tensor } | undefined {
  if (conv.opType !== 'Conv' || norm.opType !== 'BatchNormalization' || norm.inputs[0] !== conv.outputs[0]) {
    return undefined;
  }
  // In training mode the statistics are those of the batch, not the inputs.
  if (intAttribute(norm, 'training_mode', 0) === 1) return undefined;
  const constant = (name = ''): Float32Array | undefined => {
    const tensor = graph.initializers.get(name);
    return tensor?.dtype === 'float32' ? (tensor.data as Float32Array) : undefined;
  };
  const [scale, shift, mean, variance] = norm.inputs.slice(1).map(constant);
  const weights = constant(conv.inputs[1]);
  const bias = conv.inputs[2] ? constant(conv.inputs[2]) : new Float32Array(scale?.length ?? 0);
  if (!scale || !shift || !mean || !variance || !weights || !bias) return undefined;

  const epsilon = floatAttribute(norm, 'epsilon', 1e-5);
  const factors = Array.from(scale, (value, channel) => value / Math.sqrt(variance[channel]! + epsilon));
  const perChannel = weights.length / factors.length;
  return {
    weights: {
      ...graph.initializers.get(conv.inputs[1]!)!,
      data: weights.map((value, index) => value * factors[Math.floor(index / perChannel)]!),
    },
    bias: float32Tensor(
      [factors.length],
      bias.map((value, channel) => (value - mean[channel]!) * factors[channel]! + shift[channel]!),
    ),
  };
}
