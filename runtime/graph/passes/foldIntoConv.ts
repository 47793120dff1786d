import { consumers, type Graph, type Node } from '../graph.js';
import { float32Tensor } from '../tensor.js';
import { addConvWeights, type ConvWeights } from './addConvWeights.js';
import { affineOf, float32Constant } from './channelAffine.js';
import { removeDeadNodes } from './removeDeadNodes.js';

/**
 * Returns the graph with arithmetic by channel that alone reads a Conv folded into that Conv's weights and bias: a
 * BatchNormalization, and the sum or product with a constant that some exporters write biases and scales as. What computes
 * k x + s per output channel gives w' = w * k, b' = b * k + s, in float64.
 *
 * Left alone where weights or operands are not constant float32. Convolutions that share their weights have a batch norm
 * folded each by itself, but go on sharing them in front of other arithmetic.
 */
export function foldIntoConv(graph: Graph): Graph {
  const readers = consumers(graph);
  const outputs = new Set(graph.outputs.map(({ name }) => name));
  const initializers = new Map(graph.initializers);
  const folded = new Map<Node, Node>();
  const absorbed = new Set<Node>();
  for (const conv of graph.nodes) {
    const [made = ''] = conv.outputs;
    const [reader, ...others] = readers.get(made) ?? [];
    if (conv.opType !== 'Conv' || reader === undefined || others.length > 0 || outputs.has(made)) continue;
    const isShared = readers.get(conv.inputs[1]!)!.length > 1;
    if (isShared && reader.opType !== 'BatchNormalization') continue;
    const weights = foldedWeights(conv, reader, graph);
    if (weights === undefined) continue;
    const names = addConvWeights(initializers, reader.outputs[0]!, weights);
    folded.set(conv, { ...conv, inputs: [conv.inputs[0]!, ...names], outputs: [reader.outputs[0]!] });
    absorbed.add(reader);
  }
  if (folded.size === 0) return graph;
  const nodes = graph.nodes.filter((node) => !absorbed.has(node)).map((node) => folded.get(node) ?? node);
  // A product may have been followed by a sum.
  return foldIntoConv(removeDeadNodes({ ...graph, nodes, initializers }));
}

function foldedWeights(conv: Node, reader: Node, { initializers }: Graph): ConvWeights | undefined {
  const constant = float32Constant(initializers);
  const [, weightName = '', biasName = ''] = conv.inputs;
  const weights = constant(weightName);
  const channels = weights?.dims[0] ?? 0;
  const bias = biasName ? constant(biasName)?.data : new Float32Array(channels);
  const affine = weights && affineOf(reader, conv.outputs[0]!, { constant, filters: weights.dims });
  if (!weights || !bias || !affine) return undefined;
  const perChannel = weights.data.length / channels;
  return {
    weights: {
      ...weights,
      data: (weights.data as Float32Array).map(
        (value, index) => value * affine.factors[Math.floor(index / perChannel)]!,
      ),
    },
    bias: float32Tensor(
      [channels],
      (bias as Float32Array).map(
        (value, channel) => value * affine.factors[channel]! + affine.shifts[channel]!,
      ),
    ),
  };
}
