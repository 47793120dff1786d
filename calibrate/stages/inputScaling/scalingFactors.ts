import type { Graph } from '../../../runtime/graph/graph.js';
import { clamp } from '../../../runtime/quantParams.js';
import { type ChannelClasses, pinnedClass } from './channelClasses.js';
import { channelClasses } from './channelFlow.js';
import type { ClassEvidence } from './classEvidence.js';
import { meetingClasses } from './meetingClasses.js';

/** Of two, what factors are powers of: no finer, or the last bits of an observed maximum, which are the engine's, would be in them. */
const exponents = { step: 1 / 4, least: -4, most: 4 };
/** How far a wide range before an activation pulls at the factor of what lies behind it. */
const preActivationPull = 0.5;

/** Returns the tensors of whose channels scaling wants to know how far they reach; pinned tensors are not among them. */
export function scalingTensors(graph: Graph): string[] {
  const classes = channelClasses(graph);
  const needed = new Set<string>();
  for (const { opType, inputs, outputs } of graph.nodes) {
    if (opType === 'Conv') needed.add(inputs[0]!).add(outputs[0]!);
    if (opType === 'Add') needed.add(outputs[0]!);
  }
  return [...needed].filter((tensor) => classes.classesOf(tensor).some((index) => index !== pinnedClass));
}

export interface FactorOptions {
  readonly strength: number;
  readonly fillsGated: boolean;
}

/**
 * Returns by how much the channels of each class are divided, 1 for the pinned one and for those that no convolution
 * reads or that are all zero: with A how far a class reaches, more where a wider range comes before an activation,
 *
 *     r = A ^ strength        at 1 every channel fills the grid
 *
 * and at 1 for those that depthwise convolutions alone read, each channel with weights of its own. Then it is
 * divided by its geometric mean over the classes that meet in tensors, so that only ratios count, and kept within
 * [1/16, 16]. The weights that read a class are not asked (detptq.md 5b.1 takes `sqrt(A / max |w|)` before pointwise ones): what
 * rounding does to them is mostly a shift of means, which is mended later. At 8 bits that loses up to 21 % less ODOL on YOLOX-Nano,
 * YOLO-Fastest and the person detector, and as much on NanoDet-Plus; at 4 bits as much.
 *
 * @param options.strength 0..1; how much of the burden goes from the activations' grids to the weights
 * @param options.fillsGated whether 1 goes for what comes from a self-gated activation, too
 */
export function scalingFactors(
  classes: ChannelClasses,
  { evidence, ...options }: FactorOptions & { readonly evidence: ClassEvidence },
): Float64Array {
  const wanted = wantedFactors(evidence, options);
  const means = meanOfMeeting(classes, wanted);
  const { step, least, most } = exponents;
  return wanted.map((factor, index) => {
    if (factor === 0) return 1;
    const exponent = Math.log2(factor / means(index));
    return 2 ** clamp(Math.round(exponent / step) * step, least, most);
  });
}

/** By class; 0 where nothing is to be scaled. */
function wantedFactors(
  { reach, preActivation, preGate, isRead, isMixed }: ClassEvidence,
  { strength, fillsGated }: FactorOptions,
): Float64Array {
  return reach.map((value, index) => {
    if (index === pinnedClass || isRead[index] === 0 || value === 0) return 0;
    const isFilled = isMixed[index] === 0 && (fillsGated || preGate[index] === 0);
    const before = Math.max(preActivation[index]!, isFilled ? preGate[index]! : 0);
    const factor = value * Math.max(1, before / value) ** preActivationPull;
    return isFilled ? factor : factor ** strength;
  });
}

/** Returns a function from a class to the geometric mean over those it meets in tensors, directly or through others. */
function meanOfMeeting(classes: ChannelClasses, factors: Float64Array): (index: number) => number {
  const meeting = meetingClasses(classes);
  const logs = new Map<number, { sum: number; count: number }>();
  for (const [index, factor] of factors.entries()) {
    if (factor === 0) continue;
    const set = meeting.find(index);
    const { sum, count } = logs.get(set) ?? { sum: 0, count: 0 };
    logs.set(set, { sum: sum + Math.log(factor), count: count + 1 });
  }
  return (index) => {
    const { sum, count } = logs.get(meeting.find(index))!;
    return Math.exp(sum / count);
  };
}
