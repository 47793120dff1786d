import { floatAttribute, type Graph, intAttribute, type Node } from '../graph.js';
import type { Tensor } from '../tensor.js';

/** `factors[c] * x + shifts[c]` of a tensor x in channel c. */
export interface ChannelAffine {
  readonly factors: ArrayLike<number>;
  readonly shifts: ArrayLike<number>;
}

/** The float32 constants of a graph by name. */
export type Constants = (name: string | undefined) => Tensor | undefined;

export function float32Constant(initializers: Graph['initializers']): Constants {
  return (name = '') => {
    const tensor = initializers.get(name);
    return tensor?.dtype === 'float32' ? tensor : undefined;
  };
}

interface Operands {
  readonly constant: Constants;
  /** Sizes of the convolution's weights, `[channels, ...]`. */
  readonly filters: readonly number[];
}

/**
 * Returns what a node makes of the convolution's output `made`, if that is the same all over a channel: a batch norm, or
 * arithmetic with a constant.
 */
export function affineOf(
  node: Node,
  made: string,
  { constant, filters }: Operands,
): ChannelAffine | undefined {
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

/**
 * Returns the factors scale / sqrt(variance + epsilon) and shifts bias - mean * factor of a BatchNormalization whose statistics
 * are constant.
 */
export function batchNorm(node: Node, constant: Constants): ChannelAffine | undefined {
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
