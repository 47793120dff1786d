import { freshName } from '../freshName.js';
import { consumers, floatAttribute, type Graph, intAttribute, type Node } from '../graph.js';
import { float32Tensor, type Tensor } from '../tensor.js';
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
  // A product may have been followed by a sum.
  return foldIntoConv(removeDeadNodes({ ...graph, nodes, initializers }));
}

function foldedWeights(
  conv: Node,
  reader: Node,
  { initializers }: Graph,
): { weights: Tensor; bias: Tensor } | undefined {
  const constant = (name = ''): Tensor | undefined => {
    const tensor = initializers.get(name);
    return tensor?.dtype === 'float32' ? tensor : undefined;
  };
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

/** `factors[c] * x + shifts[c]` of what a convolution makes in channel c. */
interface ChannelAffine {
  readonly factors: ArrayLike<number>;
  readonly shifts: ArrayLike<number>;
}

interface Operands {
  readonly constant: (name: string | undefined) => Tensor | undefined;
  /** Sizes of the convolution's weights, `[channels, ...]`. */
  readonly filters: readonly number[];
}

function affineOf(node: Node, made: string, { constant, filters }: Operands): ChannelAffine | undefined {
  const { opType, domain } = node;
  if (domain !== '') return undefined;
  const [left, right] = node.inputs;
  if (opType === 'BatchNormalization') return left === made ? batchNorm(node, constant) : undefined;
  const values = channelValues(constant(left === made ? right : left), filters);
  if (values === undefined) return undefined;
  const [ones, zeros] = [values.map(() => 1), values.map(() => 0)];
  if (opType === 'Add') return { factors: ones, shifts: values };
  if (opType === 'Mul') return { factors: values, shifts: zeros };
  if (opType === 'Sub' && left === made) return { factors: ones, shifts: values.map((value) => -value) };
  const isDivisor = opType === 'Div' && left === made && !values.includes(0);
  return isDivisor ? { factors: values.map((value) => 1 / value), shifts: zeros } : undefined;
}

/** k = scale / sqrt(variance + epsilon), s = shift - mean * k. */
function batchNorm(node: Node, constant: Operands['constant']): ChannelAffine | undefined {
  // In training mode the statistics are those of the batch, not the inputs.
  if (intAttribute(node, 'training_mode', 0) === 1) return undefined;
  const [scale, shift, mean, variance] = node.inputs.slice(1).map((name) => constant(name)?.data);
  if (!scale || !shift || !mean || !variance) return undefined;
  const epsilon = floatAttribute(node, 'epsilon', 1e-5);
  const factors = Array.from(
    scale as Float32Array,
    (value, c) => value / Math.sqrt(Number(variance[c]) + epsilon),
  );
  return { factors, shifts: factors.map((factor, c) => Number(shift[c]) - Number(mean[c]) * factor) };
}

/** Returns a constant's value in each channel, if it is the same all over a channel's map. */
function channelValues(tensor: Tensor | undefined, filters: readonly number[]): number[] | undefined {
  const [channels = 0, , ...kernel] = filters;
  if (tensor === undefined || tensor.dims.length > filters.length) return undefined;
  const values = Array.from(tensor.data as Float32Array);
  if (values.length === 1) return Array.from({ length: channels }, () => values[0]!);
  const byChannel = [channels, ...kernel.map(() => 1)];
  const isByChannel = tensor.dims.slice(-byChannel.length).join() === byChannel.join();
  return isByChannel && values.length === channels ? values : undefined;
}
