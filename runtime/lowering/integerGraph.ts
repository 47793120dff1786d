import type { Graph } from '../graph/graph.js';
import type { UnpackedOutput } from './outputs/unpackedOutput.js';

/**
 * A quantized network in integers, as the back ends of the engines write it: what a QDQ graph computes between its image
 * and its heads. Tensors are NHWC with batch 1, activations are uint8 codes on one grid a tensor, weights int8 codes with
 * a scale per output channel.
 *
 * Invariants: tensors are identified by name; every one has one maker (an input or an operation) and stands in
 * `tensors`; operations are in topological order; nothing is mutated after it is made.
 *
 * A back end whose codes are int8 subtracts 128 from every code and zero point.
 */
export interface IntegerGraph {
  readonly name: string;
  readonly inputs: readonly IntegerInput[];
  readonly tensors: ReadonlyMap<string, IntegerTensor>;
  readonly operations: readonly Operation[];
  /** What leaves the network; at least one. */
  readonly outputs: readonly IntegerOutput[];
  /**
   * What was not lowered, behind the network: an ordinary graph, whose inputs are the outputs' dequantized values under
   * their `floatName`, float32 `[1, C, H, W]`, and whose outputs are those of the QDQ graph, or pieces of them. Without nodes where
   * every output of the network is one of the QDQ graph.
   */
  readonly tail: Graph;
  /** The outputs of the QDQ graph that the tail leaves in pieces, by name. */
  readonly unpacked: Readonly<Record<string, UnpackedOutput>>;
}

/** A grid of 8 bits: `value = scale * (code - zeroPoint)`, codes 0..255. */
export interface Grid {
  /** A float32 value > 0. */
  readonly scale: number;
  /** 0..255 */
  readonly zeroPoint: number;
}

/** `[1, height, width, channels]` */
export type NhwcShape = readonly [1, number, number, number];

export interface IntegerTensor {
  readonly shape: NhwcShape;
  /**
   * `null` for float32 values that are on no grid: heads. Only a convolution that is not in groups makes such a tensor, and
   * only an output is one.
   */
  readonly grid: Grid | null;
}

/**
 * An image, as codes. Of the value that the QDQ graph's float input `[1, C, H, W]` holds in channel c, the steps make `x`, and
 * the code is `clamp(round(x / scale) + zeroPoint, 0, 255)`, ties to even, on the grid of the tensor of that name. All in float32, as
 * engines compute it: the values of a picture often lie in the middle between two codes.
 *
 * The tensor is `[1, H / b, W / b, D]` of an image in blocks of b x b pixels: the D channels are those of the block's first row
 * of pixels, from left to right, those of the next row, and padding.
 */
export interface IntegerInput {
  /** Of the input of the QDQ graph, and of the tensor of codes. */
  readonly name: string;
  /** C */
  readonly channels: number;
  /** Of the graph's own normalisation, one after the other. */
  readonly steps: readonly ImageStep[];
  readonly blockSize: number;
}

/** What a normalisation does to the values of each channel, `x op values[c]`. */
export interface ImageStep {
  readonly op: 'Add' | 'Sub' | 'Mul' | 'Div';
  /** float32, one per channel. */
  readonly values: readonly number[];
}

export interface IntegerOutput {
  readonly tensor: string;
  /** What the QDQ graph calls the value: an input of the tail, or an output of the graph. */
  readonly floatName: string;
}

export type Operation =
  | Convolution
  | Sum
  | Product
  | ActivationOperation
  | Requantization
  | Pooling
  | Resizing
  | ChannelGathering
  | FloatPart;

export interface Convolution {
  readonly kind: 'convolution';
  readonly input: string;
  /**
   * On a grid: `clamp(round(sum * input.scale * weightScales[o] / output.scale) + output.zeroPoint, low, high)`. On none:
   * `sum * input.scale * weightScales[o]`.
   */
  readonly output: string;
  /** `[O, kh, kw, I / groups]`, row-major. */
  readonly weights: Int8Array;
  readonly weightShape: readonly [number, number, number, number];
  /** `[O]`; one may be negative. */
  readonly weightScales: Float32Array;
  /** `[O]`, in steps of `input.scale * weightScales[o]`. */
  readonly bias: Int32Array;
  /** `[vertical, horizontal]` */
  readonly strides: readonly [number, number];
  /** `[vertical, horizontal]` */
  readonly dilations: readonly [number, number];
  readonly padding: Padding;
  /** Depthwise where it equals the input's channels and the output's. */
  readonly groups: number;
  /** Lowest and highest code of an output on a grid: a fused ReLU or Clip. */
  readonly codeRange: readonly [number, number];
}

/** Rows and columns around an image. Convolutions pad with the value zero, poolings ignore them. */
export interface Padding {
  readonly top: number;
  readonly left: number;
  readonly bottom: number;
  readonly right: number;
}

/** The sum of two tensors of one shape, and then the codes clamped. */
export interface Sum {
  readonly kind: 'sum';
  readonly inputs: readonly [string, string];
  readonly output: string;
  readonly codeRange: readonly [number, number];
}

/** The product of two tensors of one shape, or whose second is `[1, 1, 1, C]`. */
export interface Product {
  readonly kind: 'product';
  readonly inputs: readonly [string, string];
  readonly output: string;
}

/** A function of one value, from the input's grid to the output's. */
export interface ActivationOperation {
  readonly kind: 'activation';
  readonly input: string;
  readonly output: string;
  readonly activation: Activation;
}

/**
 * - `clip`: min(max(x, low), high);
 * - `leakyRelu`: x < 0 ? slope * x : x;
 * - `sigmoid`: 1 / (1 + e^-x);
 * - `hardSigmoid`: min(max(slope * x + offset, 0), 1);
 * - `silu`: x / (1 + e^-x), the sigmoid held to codes of `gate` in between, as the QDQ graph has it.
 */
export type Activation =
  | { readonly name: 'clip'; readonly low: number; readonly high: number }
  | { readonly name: 'leakyRelu'; readonly slope: number }
  | { readonly name: 'sigmoid' }
  | { readonly name: 'hardSigmoid'; readonly slope: number; readonly offset: number }
  | { readonly name: 'silu'; readonly gate: Grid };

/** The same values on another grid. */
export interface Requantization {
  readonly kind: 'requantization';
  readonly input: string;
  readonly output: string;
}

/** Input and output of a maximum lie on one grid. The average leaves the padding out of account. */
export interface Pooling {
  readonly kind: 'maxPool' | 'averagePool';
  readonly input: string;
  readonly output: string;
  /** `[height, width]` */
  readonly window: readonly [number, number];
  /** `[vertical, horizontal]` */
  readonly strides: readonly [number, number];
  readonly padding: Padding;
}

/**
 * Enlargement by whole factors; input and output lie on one grid. `nearest` repeats each pixel, `linear` is bilinear
 * between the pixels' centres (ONNX `half_pixel`), the border pixels repeated.
 */
export interface Resizing {
  readonly kind: 'resize';
  readonly mode: 'nearest' | 'linear';
  readonly input: string;
  readonly output: string;
  /** `[vertical, horizontal]` */
  readonly factors: readonly [number, number];
}

/**
 * The channels of the output, in order, as runs of channels of other tensors of the same height and width: a
 * concatenation, a slice, a shuffle, or all in one. All lie on the same grid. Runs that could be merged are.
 */
export interface ChannelGathering {
  readonly kind: 'gatherChannels';
  readonly output: string;
  readonly runs: readonly ChannelRun[];
}

export interface ChannelRun {
  /** `null` for padding: channels of any codes, which nothing makes use of. */
  readonly tensor: string | null;
  /** 0 for padding. */
  readonly start: number;
  /** > 0 */
  readonly size: number;
}

/**
 * What has no integer form: an ordinary graph between dequantizers and a quantizer, from the inputs' values `[1, C, H, W]`, in
 * the order of the graph's inputs, to its one output's.
 */
export interface FloatPart {
  readonly kind: 'floatPart';
  readonly inputs: readonly string[];
  readonly output: string;
  readonly graph: Graph;
}

/** Returns the names of the tensors that `operation` reads, each once. */
export function operationInputs(operation: Operation): readonly string[] {
  switch (operation.kind) {
    case 'sum':
    case 'product':
    case 'floatPart':
      return [...new Set(operation.inputs)];
    case 'gatherChannels':
      return [...new Set(operation.runs.flatMap(({ tensor }) => tensor ?? []))];
    default:
      return [operation.input];
  }
}
