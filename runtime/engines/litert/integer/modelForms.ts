import type { ChannelAlignment } from '../../../lowering/layout/channelAlignment.js';
import { type ChosenForms, knownForms } from '../../loweringForms.js';

/** In which forms the integer graph is written. */
export interface ModelForms {
  /** How many channels tensors are padded to. */
  readonly channels: keyof typeof channelAlignments;
  /** Whether a first convolution of stride 2 reads an image of `pixels` or of `blocks` of 2x2. */
  readonly stem: 'pixels' | 'blocks';
  /** How prediction convolutions are multiplied: in float, in integers, or in integers where they are large enough to gain by it. */
  readonly heads: 'by-size' | 'integer' | 'float';
}

/** The alignments that `channels` stands for. */
export const channelAlignments = {
  packed: { tensor: 1, depthwise: 1, part: 1, fewest: 1, surplus: 1 },
  padded: { tensor: 8, depthwise: 16, part: 8, fewest: 8, surplus: 1.35 },
} as const satisfies Record<string, ChannelAlignment>;

/** Of each choice the forms: all compute the same on every processor. */
export const modelForms = {
  channels: Object.keys(channelAlignments),
  stem: ['blocks', 'pixels'],
  heads: ['by-size', 'integer', 'float'],
} as const;

/** What suits every processor that was measured: x86-64 with and without VNNI. */
const usual: ModelForms = {
  // XNNPACK's kernels are as quick for any number of channels: 58 and 64 take the same time for each.
  channels: 'packed',
  // They read 8 channels of each position at a time, whether they are there or not.
  stem: 'blocks',
  // Of x86-64 with VNNI; elsewhere nobody has measured it.
  heads: 'by-size',
};

/** Returns what suits this processor, but for what `chosen` overrules. */
export function formsWith(chosen?: ChosenForms): ModelForms {
  return { ...usual, ...knownForms(modelForms, chosen) };
}
