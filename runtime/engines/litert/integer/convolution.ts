import type { Convolution } from '../../../lowering/integerGraph.js';
import { type ConvolutionParts, writeConvolution } from '../tflite/convolution.js';
import { writeBounded } from './codeRange.js';
import type { IntegerWriter } from './integerWriter.js';

/** Writes a convolution from codes to codes. */
export function writeIntegerConvolution(writer: IntegerWriter, convolution: Convolution): void {
  const { input, output, strides, dilations, padding, codeRange } = convolution;
  const parts = {
    input: writer.at(input),
    ...integerWeights(writer, convolution),
    isDepthwise: isDepthwise(writer, convolution),
    strides,
    dilations,
    begin: [padding.top, padding.left] as const,
  };
  writeBounded(writer, { output, range: codeRange }, (target, activation) =>
    writeConvolution(writer.model, { ...parts, output: target, activation }),
  );
}

function isDepthwise(writer: IntegerWriter, { input, groups, weightShape }: Convolution): boolean {
  return groups > 1 && weightShape[3] === 1 && writer.describe(input).shape[3] === groups;
}

type Weights = Pick<ConvolutionParts, 'weights' | 'bias'>;

function integerWeights(writer: IntegerWriter, convolution: Convolution): Weights {
  const { model } = writer;
  const { weights, weightScales, bias } = withPositiveScales(writer, convolution);
  const inputScale = writer.gridOf(convolution.input).scale;
  const zeroPoints = new Int32Array(bias.length);
  const isChannelwise = isDepthwise(writer, convolution);
  return {
    weights: model.constant(
      weightShape(writer, convolution),
      isChannelwise ? filtersInnermost(weights, bias.length) : weights,
      { grid: { scales: weightScales, zeroPoints, axis: isChannelwise ? 3 : 0 } },
    ),
    bias: model.constant([bias.length], bias, {
      grid: { scales: weightScales.map((scale) => scale * inputScale), zeroPoints },
    }),
  };
}

/** `[O, kh, kw, I]`, or depthwise `[1, kh, kw, O]`. */
function weightShape(writer: IntegerWriter, convolution: Convolution): readonly number[] {
  const [filters, height, width] = convolution.weightShape;
  return isDepthwise(writer, convolution) ? [1, height, width, filters] : convolution.weightShape;
}

/** .tflite has no scales below zero: the codes of such filters change sign instead. */
function withPositiveScales(
  writer: IntegerWriter,
  { weights, weightScales, bias }: Convolution,
): Pick<Convolution, 'weights' | 'weightScales' | 'bias'> {
  const signs = Array.from(weightScales, (scale) => (scale < 0 ? -1 : 1));
  if (!signs.includes(-1)) return { weights, weightScales, bias };
  const perFilter = weights.length / bias.length;
  return {
    weights: weights.map((code, index) => {
      const signed = code * signs[Math.floor(index / perFilter)]!;
      return signed <= 127 ? signed : writer.refuse('a weight of -128 with a negative scale');
    }),
    weightScales: weightScales.map(Math.abs),
    bias: bias.map((steps, filter) => steps * signs[filter]!),
  };
}

/** `[O, area]` to `[area, O]` */
function filtersInnermost(values: Int8Array, filters: number): Int8Array {
  const area = values.length / filters;
  const moved = new Int8Array(values.length);
  for (let filter = 0; filter < filters; filter++) {
    for (let at = 0; at < area; at++) moved[at * filters + filter] = values[filter * area + at]!;
  }
  return moved;
}
