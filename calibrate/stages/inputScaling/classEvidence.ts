import { consumers, type Graph, intAttribute, type Node } from '../../../runtime/graph/graph.js';
import type { ChannelClasses } from './channelClasses.js';

/** What is known of each class, by its number. */
export interface ClassEvidence {
  /** Largest magnitude among convolution inputs, sums and the outputs of convolutions without an activation. */
  readonly largest: Float64Array;
  /** Largest magnitude between a convolution and its LeakyReLU: there is a grid of its own. */
  readonly preActivation: Float64Array;
  /** Largest weight magnitude by which convolutions over several channels read the class. */
  readonly weight: Float64Array;
  /** 1 where a depthwise convolution reads the class. */
  readonly isReadDepthwise: Uint8Array;
  /** 1 where any convolution reads it. */
  readonly isRead: Uint8Array;
}

/** Activations with a grid before them that is wider than the one behind. */
const leakyActivations = new Set(['LeakyRelu', 'PRelu']);
/** Activations that leave no trace of the range before them: fused (ReLU), or flat where it is wide (a gate). */
const flatActivations = new Set(['Relu', 'Sigmoid', 'HardSigmoid']);

/**
 * Returns what the network and what was measured say about each class.
 *
 * @param maxima largest magnitudes by channel, by tensor of `scalingTensors`
 */
export function classEvidence(
  graph: Graph,
  classes: ChannelClasses,
  maxima: ReadonlyMap<string, Float32Array>,
): ClassEvidence {
  const evidence = {
    largest: new Float64Array(classes.size),
    preActivation: new Float64Array(classes.size),
    weight: new Float64Array(classes.size),
    isReadDepthwise: new Uint8Array(classes.size),
    isRead: new Uint8Array(classes.size),
  };
  const raise = (known: Float64Array | Uint8Array, tensor: string, by: (channel: number) => number) => {
    for (const [channel, index] of classes.classesOf(tensor).entries()) {
      known[index] = Math.max(known[index]!, by(channel));
    }
  };
  const maximumIn = (tensor: string) => (channel: number) => maxima.get(tensor)?.[channel] ?? 0;
  const readers = consumers(graph);
  for (const node of graph.nodes) {
    const [input = ''] = node.inputs;
    const [output = ''] = node.outputs;
    if (node.opType === 'Add') raise(evidence.largest, output, maximumIn(output));
    if (node.opType !== 'Conv') continue;
    const activations = (readers.get(output) ?? []).map(({ opType }) => opType);
    if (activations.some((opType) => leakyActivations.has(opType))) {
      raise(evidence.preActivation, output, maximumIn(output));
    } else if (!activations.some((opType) => flatActivations.has(opType))) {
      raise(evidence.largest, output, maximumIn(output));
    }
    raise(evidence.largest, input, maximumIn(input));
    raise(evidence.isRead, input, () => 1);
    const weights = inputWeightMaxima(graph, node);
    if (weights) raise(evidence.weight, input, (channel) => weights[channel]!);
    else raise(evidence.isReadDepthwise, input, () => 1);
  }
  return evidence;
}

/** Returns the largest |w| by which each input channel is read; `undefined` for a depthwise convolution. */
function inputWeightMaxima(graph: Graph, node: Node): Float64Array | undefined {
  const weights = graph.initializers.get(node.inputs[1]!);
  const group = intAttribute(node, 'group', 1);
  const [filters = 0, width = 0] = weights?.dims ?? [];
  if (weights && group > 1 && width === 1) return undefined;
  const maxima = new Float64Array(width * group);
  const data = (weights?.data ?? []) as Float32Array;
  const area = data.length / (filters * width);
  for (let i = 0; i < data.length; i++) {
    const part = Math.floor(i / area);
    const channel = Math.floor((Math.floor(part / width) * group) / filters) * width + (part % width);
    maxima[channel] = Math.max(maxima[channel]!, Math.abs(data[i]!));
  }
  return maxima;
}
