import { consumers, type Graph } from '../../../runtime/graph/graph.js';
import type { ChannelClasses } from './channelClasses.js';

/** What is known of each class, by its number. */
export interface ClassEvidence {
  /** Furthest reach among convolution inputs, sums and the outputs of convolutions without an activation. */
  readonly reach: Float64Array;
  /** Furthest reach between a convolution and its LeakyReLU: there is a grid of its own. */
  readonly preActivation: Float64Array;
  /** 1 where a convolution reads the class. */
  readonly isRead: Uint8Array;
}

/** Activations with a grid before them that is wider than the one behind. */
const leakyActivations = new Set(['LeakyRelu', 'PRelu']);
/** Activations that leave no trace of the range before them: fused (ReLU), or flat where it is wide (a gate). */
const flatActivations = new Set(['Relu', 'Sigmoid', 'HardSigmoid']);

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
    isRead: new Uint8Array(classes.size),
  };
  const raise = (known: Float64Array | Uint8Array, tensor: string, by: (channel: number) => number) => {
    for (const [channel, index] of classes.classesOf(tensor).entries()) {
      known[index] = Math.max(known[index]!, by(channel));
    }
  };
  const peakIn = (tensor: string) => (channel: number) => peaks.get(tensor)?.[channel] ?? 0;
  const readers = consumers(graph);
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
    raise(evidence.reach, input, peakIn(input));
    raise(evidence.isRead, input, () => 1);
  }
  return evidence;
}
