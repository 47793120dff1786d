import type { ModelWriter } from './modelWriter.js';
import { activations } from './operatorTable.js';
import { writeWindows } from './writeWindows.js';

export interface ConvolutionParts {
  /** NHWC */
  readonly input: number;
  /** `[O, kh, kw, I / groups]`, or depthwise `[1, kh, kw, O]` */
  readonly weights: number;
  /** `[O]` */
  readonly bias: number;
  /** NHWC */
  readonly output: number;
  readonly isDepthwise: boolean;
  /** [vertical, horizontal], as the next two */
  readonly strides: readonly [number, number];
  readonly dilations: readonly [number, number];
  /** Padding at the top and at the left; that at the ends is what the windows reach beyond the input. */
  readonly begin: readonly [number, number];
  /** Fused into it. Default: none. */
  readonly activation?: number;
}

/** Writes a convolution; how many groups there are, its weights say. */
export function writeConvolution(writer: ModelWriter, parts: ConvolutionParts): void {
  const { weights, bias, output, isDepthwise, strides, dilations, activation = activations.none } = parts;
  const [, height = 1, width = 1, filters = 1] = writer.at(weights).shape;
  const { input, padding } = writeWindows(writer, { ...parts, kernel: [height, width] });
  const tensors = { inputs: [input, weights, bias], outputs: [output] };
  const options = {
    padding,
    strideW: strides[1],
    strideH: strides[0],
    activation,
    dilationW: dilations[1],
    dilationH: dilations[0],
  };
  if (!isDepthwise) return void writer.operator('CONV_2D', tensors, options);
  const depthMultiplier = filters / writer.at(input).shape[3]!;
  writer.operator('DEPTHWISE_CONV_2D', tensors, { ...options, depthMultiplier });
}
