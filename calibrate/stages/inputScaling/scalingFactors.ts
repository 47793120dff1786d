import { consumers, type Graph, intAttribute, type Node } from '../../../runtime/graph/graph.js';
import type { ChannelClasses } from './channelClasses.js';
import { siluMuls } from './silu.js';

/** No channel is scaled further than this, either way. */
const largestFactor = 16;
/** Through a SiLU factors are powers of two with exponents in this range, so that undoing them is exact. */
const siluExponents = { least: -4, most: 3 };
/** How far a wide range before an activation pulls at the factor of what lies behind it. */
const preActivationPull = 0.25;

const activations = new Set(['LeakyRelu', 'Relu', 'PRelu', 'Sigmoid', 'MaxPool']);

/** Returns the tensors whose channels' largest magnitudes `scalingFactors` needs. */
export function scalingTensors(graph: Graph): string[] {
  const needed = new Set<string>();
  for (const { opType, inputs, outputs } of graph.nodes) {
    if (opType === 'Conv') needed.add(inputs[0]!).add(outputs[0]!);
    if (opType === 'Add') needed.add(outputs[0]!);
  }
  return [...needed];
}

/**
 * Returns by how much the channels of each class are divided, 1 for the pinned one (detptq.md 5b.1): with A the largest
 * magnitude among the class's convolution inputs, linear convolution outputs and sums, more where what comes before an
 * activation is larger,
 *
 *     r = A                           before a depthwise convolution: every channel fills the grid
 *     r = sqrt(A / max |w_channel|)   before others: activations and weights share the burden
 *
 * divided by its geometric mean over the classes that meet in the same tensors, so that only ratios count, and kept
 * within [1/16, 16].
 *
 * @param maxima by tensor of `scalingTensors`
 */
export function scalingFactors(
  graph: Graph,
  classes: ChannelClasses,
  maxima: ReadonlyMap<string, Float32Array>,
): Float64Array {
  const readers = consumers(graph);
  const largest = new Float64Array(classes.size);
  const beforeActivation = new Float64Array(classes.size);
  const weights = new Float64Array(classes.size);
  const readDepthwise = new Uint8Array(classes.size);
  const isRead = new Uint8Array(classes.size);
  const raise = (values: Float64Array, tensor: string, of: (channel: number) => number) => {
    for (let channel = 0; channel < classes.channelsOf(tensor); channel++) {
      const index = classes.classOf({ tensor, channel });
      values[index] = Math.max(values[index]!, of(channel));
    }
  };
  for (const node of graph.nodes) {
    const [output] = node.outputs;
    if (node.opType === 'Add') raise(largest, output!, (channel) => maxima.get(output!)?.[channel] ?? 0);
    if (node.opType !== 'Conv') continue;
    const [input] = node.inputs;
    const isActivated = (readers.get(output!) ?? []).some(({ opType }) => activations.has(opType));
    raise(largest, input!, (channel) => maxima.get(input!)?.[channel] ?? 0);
    raise(
      isActivated ? beforeActivation : largest,
      output!,
      (channel) => maxima.get(output!)?.[channel] ?? 0,
    );
    const perChannel = inputWeightMaxima(graph, node);
    raise(weights, input!, (channel) => perChannel?.[channel] ?? 0);
    for (let channel = 0; channel < classes.channelsOf(input!); channel++) {
      const index = classes.classOf({ tensor: input!, channel });
      isRead[index] = 1;
      if (intAttribute(node, 'group', 1) > 1) readDepthwise[index] = 1;
    }
  }
  const factors = largest.map((a, index) => {
    if (index === 0 || isRead[index] === 0 || !(a > 0)) return 1;
    const pulled = a * Math.max(1, beforeActivation[index]! / a) ** preActivationPull;
    if (readDepthwise[index]) return pulled;
    return weights[index]! > 0 ? Math.sqrt(pulled / weights[index]!) : 1;
  });
  return bounded(graph, classes, factors);
}

/** Largest |w| by input channel of an ungrouped convolution. */
function inputWeightMaxima(graph: Graph, node: Node): Float64Array | undefined {
  const tensor = graph.initializers.get(node.inputs[1]!);
  if (!tensor || intAttribute(node, 'group', 1) > 1) return undefined;
  const [outputs = 0, inputs = 0] = tensor.dims;
  const data = tensor.data as Float32Array;
  const area = data.length / (outputs * inputs);
  const maxima = new Float64Array(inputs);
  for (let i = 0; i < data.length; i++) {
    const channel = Math.floor(i / area) % inputs;
    maxima[channel] = Math.max(maxima[channel]!, Math.abs(data[i]!));
  }
  return maxima;
}

function bounded(graph: Graph, classes: ChannelClasses, factors: Float64Array): Float64Array {
  const groupOf = meetingClasses(classes);
  const logs = new Map<number, { sum: number; count: number }>();
  const isScaled = (index: number) => index > 0 && factors[index] !== 1;
  for (let index = 1; index < factors.length; index++) {
    if (!isScaled(index)) continue;
    const group = logs.get(groupOf(index)) ?? { sum: 0, count: 0 };
    group.sum += Math.log(factors[index]!);
    group.count++;
    logs.set(groupOf(index), group);
  }
  const throughSilu = new Set<number>();
  for (const tensor of siluMuls(graph).values()) {
    for (let channel = 0; channel < classes.channelsOf(tensor); channel++) {
      throughSilu.add(classes.classOf({ tensor, channel }));
    }
  }
  return factors.map((factor, index) => {
    if (!isScaled(index)) return 1;
    const { sum, count } = logs.get(groupOf(index))!;
    const relative = factor / Math.exp(sum / count);
    if (throughSilu.has(index)) {
      const { least, most } = siluExponents;
      return 2 ** Math.min(most, Math.max(least, Math.round(Math.log2(relative))));
    }
    return Math.min(largestFactor, Math.max(1 / largestFactor, relative));
  });
}

/** Returns a function from a class to the group of classes that it meets in tensors, directly or through others. */
function meetingClasses(classes: ChannelClasses): (index: number) => number {
  const parent = Int32Array.from({ length: classes.size }, (_, i) => i);
  const find = (index: number): number => {
    let root = index;
    while (parent[root] !== root) root = parent[root]!;
    return root;
  };
  for (const tensor of classes.tensors) {
    let first = 0;
    for (let channel = 0; channel < classes.channelsOf(tensor); channel++) {
      const index = classes.classOf({ tensor, channel });
      if (index === 0) continue;
      if (first === 0) first = index;
      const [a, b] = [find(first), find(index)];
      parent[Math.max(a, b)] = Math.min(a, b);
    }
  }
  return find;
}
