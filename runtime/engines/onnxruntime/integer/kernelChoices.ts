import type { IntegerGraph } from '../../../lowering/integerGraph.js';
import type { ChannelAlignment } from '../../../lowering/layout/channelAlignment.js';
import { isDepthwise } from '../../../lowering/layout/channelClasses.js';
import { type ChosenForms, knownForms, type LoweringForms } from '../../loweringForms.js';
import { exceedsProductSums, productSumsSaturate } from '../productSums.js';

/** In which forms the integer graph is written. */
export interface KernelChoices {
  /**
   * `unsigned` writes weights of sums over channels as uint8 around 128 where two of their products with u8 activations exceed
   * 16 bits (productSums.ts). The kernels of u8 by u8 are exact everywhere, and slower than those of u8 by s8.
   */
  readonly weights: 'signed' | 'unsigned';
  /** How many channels tensors are padded to. */
  readonly channels: keyof typeof channelAlignments;
  /**
   * LeakyReLU by a `table` of 256 entries, which is looked up value by value; as a `sum` of two vectorised passes; or
   * `by-size` the table for small tensors.
   */
  readonly leakyRelu: 'table' | 'sum' | 'by-size';
  /** SiLU as a sigmoid and a product of codes, or in `float` between a dequantizer and a quantizer. */
  readonly silu: 'codes' | 'float';
  /** Pixels repeated by a `broadcast` or by onnxruntime's own Resize (`operator`). */
  readonly nearest: 'broadcast' | 'operator';
  /** From which width of its kernel on a first convolution of stride 2 reads an image of blocks of 2x2 pixels. */
  readonly stem: keyof typeof foldedFrom;
}

/** The alignments that `channels` stands for. */
export const channelAlignments = {
  /** None. */
  packed: { tensor: 1, depthwise: 1, part: 1, fewest: 1, surplus: 1 },
  /** Depthwise convolutions work on 16 channels at a time, dense ones on 4 of what they read. */
  padded: { tensor: 4, depthwise: 16, part: 4, fewest: 1, surplus: 1.35 },
  /** Dense ones make 16 at a time, too. */
  'padded-filters': { tensor: 4, depthwise: 16, part: 4, fewest: 16, surplus: 1.35 },
} as const satisfies Record<string, ChannelAlignment>;

/** The widths that `stem` stands for. */
export const foldedFrom = { pixels: Number.POSITIVE_INFINITY, 'wide-blocks': 5, blocks: 2 } as const;

/** Up to so many values the table of a LeakyReLU is quicker than two passes of vector arithmetic. */
export const tableLimit = 12_000;

/** What holds for every processor that was measured. */
const everywhere = {
  // Two passes take a third of the table's time on large tensors, and longer below some 12,000 values, by their two calls.
  leakyRelu: 'by-size',
  // Three passes over float32 against two over bytes.
  silu: 'codes',
  // Resize goes pixel by pixel: several times the time.
  nearest: 'broadcast',
  // What a window holds is gathered position by position, a few bytes at each. A 3x3 kernel gets zeros in blocks, and products
  // cost more without VNNI: in pairs of pixels, which were tried there, a quarter.
  stem: 'wide-blocks',
} as const;

/** What decides between the rows of the table. */
interface Circumstances {
  /** The processor adds two products of u8 and s8 in 16 bits: x86-64 without VNNI. */
  readonly saturates: boolean;
  /** No two products of the graph's weights exceed 16 bits: those of 7 bits and fewer. */
  readonly isNarrow: boolean;
}

/** The choices by processor and weights; the first row that applies holds. */
const table: readonly {
  readonly applies: (circumstances: Circumstances) => boolean;
  choices: KernelChoices;
}[] = [
  {
    // x86-64 with VNNI, and arm64, where nothing has been measured. Of 58 channels of 52x52 a 1x1 convolution takes 0.119 ms
    // and padded to 64 0.067, a depthwise 3x3 one 0.182 and 0.079.
    applies: ({ saturates }) => !saturates,
    // In blocks 6x6 and 7x7 kernels take 0.65 of the time, 3x3 ones 0.7 to 0.95.
    choices: { ...everywhere, weights: 'signed', channels: 'padded-filters', stem: 'blocks' },
  },
  {
    // Narrow weights take the kernels of u8 by s8 there.
    applies: ({ isNarrow }) => isNarrow,
    choices: { ...everywhere, weights: 'signed', channels: 'padded' },
  },
  {
    // The kernels of u8 by u8 gain nothing from 16 filters; depthwise ones are the same as above (58 channels of 52x52
    // 0.65 ms, 64 0.35).
    applies: () => true,
    choices: { ...everywhere, weights: 'unsigned', channels: 'padded' },
  },
];

/** Of each choice the forms that compute the same on this processor. */
export function kernelForms(): LoweringForms['choices'] {
  return {
    // Signed ones would be wrong where sums saturate.
    weights: productSumsSaturate() ? ['unsigned'] : ['signed', 'unsigned'],
    channels: Object.keys(channelAlignments),
    leakyRelu: ['by-size', 'table', 'sum'],
    silu: ['codes', 'float'],
    nearest: ['broadcast', 'operator'],
    stem: Object.keys(foldedFrom),
  };
}

/** Returns what suits a graph on this processor, but for what `chosen` overrules. */
export function kernelChoices(graph: IntegerGraph, chosen?: ChosenForms): KernelChoices {
  const circumstances = { saturates: productSumsSaturate(), isNarrow: hasNarrowWeights(graph) };
  const { choices } = table.find(({ applies }) => applies(circumstances))!;
  return { ...choices, ...knownForms(kernelForms(), chosen) };
}

/** The kernels of depthwise convolutions add in 32 bits everywhere. */
function hasNarrowWeights({ operations }: IntegerGraph): boolean {
  return operations.every(
    (operation) =>
      operation.kind !== 'convolution' || isDepthwise(operation) || !exceedsProductSums(operation.weights),
  );
}
