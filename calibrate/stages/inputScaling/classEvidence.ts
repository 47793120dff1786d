import { consumers, type Graph } from '../../../runtime/graph/graph.js';
import type { ChannelClasses } from './channelClasses.js';
import { selfGatedProducts } from './selfGated.js';

/** What is known of each class, by its number. */
export interface ClassEvidence {
  /** Furthest reach among convolution inputs, sums and the outputs of convolutions without an activation. */
  readonly reach: Float64Array;
  /** Furthest reach between a convolution and its LeakyReLU: there is a grid of its own. */
  readonly preActivation: Float64Array;
  /** The same before a self-gated activation (SiLU), as far as its gate is not flat. */
  readonly preGate: Float64Array;
  /** 1 where a convolution reads the class. */
  readonly isRead: Uint8Array;
  /** 1 where one reads it together with other channels: what is taken off a grid goes to the differences between a filter's weights. */
  readonly isMixed: Uint8Array;
}

/** Activations with a grid before them that is wider than the one behind. */
const leakyActivations = new Set(['LeakyRelu', 'PRelu']);
/** Activations that leave no trace of the range before them: fused (ReLU), or flat where it is wide (a gate). */
const flatActivations = new Set(['Relu', 'Sigmoid', 'HardSigmoid']);
/** Beyond it a gate is 0 or 1 to 4e-4. */
const gateReach = 8;

/**
 * Returns what the network and what was measured say about each class.
 *
 * @param peaks how far channels reach, by tensor of `scalingTensors`
 */
export function classEvidence(
  graph: Graph,
  classes: ChannelClasses,
  peaks: ReadonlyMap<string, Float32Array>,
): ClassEvidence {
  const evidence = {
    reach: new Float64Array(classes.size),
    preActivation: new Float64Array(classes.size),
    preGate: new Float64Array(classes.size),
    isRead: new Uint8Array(classes.size),
    isMixed: new Uint8Array(classes.size),
  };
  const raise = (known: Float64Array | Uint8Array, tensor: string, by: (channel: number) => number) => {
    for (const [channel, index] of classes.classesOf(tensor).entries()) {
      known[index] = Math.max(known[index]!, by(channel));
    }
  };
  const peakIn = (tensor: string) => (channel: number) => peaks.get(tensor)?.[channel] ?? 0;
  const readers = consumers(graph);
  const gated = new Set(selfGatedProducts(graph).values());
  for (const node of graph.nodes) {
    const [input = ''] = node.inputs;
    const [output = ''] = node.outputs;
    if (node.opType === 'Add') raise(evidence.reach, output, peakIn(output));
    if (node.opType !== 'Conv') continue;
    const activations = (readers.get(output) ?? []).map(({ opType }) => opType);
    if (activations.some((opType) => leakyActivations.has(opType))) {
      raise(evidence.preActivation, output, peakIn(output));
    } else if (!activations.some((opType) => flatActivations.has(opType))) {
      raise(evidence.reach, output, peakIn(output));
    }
    if (gated.has(output)) {
      raise(evidence.preGate, output, (channel) => Math.min(peakIn(output)(channel), gateReach));
    }
    raise(evidence.reach, input, peakIn(input));
    raise(evidence.isRead, input, () => 1);
    const [, channelsOfFilter] = graph.initializers.get(node.inputs[1]!)?.dims ?? [];
    if (channelsOfFilter !== 1) raise(evidence.isMixed, input, () => 1);
  }
  return evidence;
}
