import type { Convolution } from '../../../lowering/integerGraph.js';
import { type ConvolutionParts, writeConvolution } from '../tflite/convolution.js';
import type { IntegerWriter } from './integerWriter.js';
import type { ModelForms } from './modelForms.js';

/**
 * Filters from which on a 1x1 head is multiplied in integers: the kernels quantize what they read anew at each pixel, which
 * takes as long as some 80 filters gain (x86-64 with VNNI).
 */
const worthwhileFilters = 96;

/** Writes a head, whose sums have no grid that int8 could hold: a convolution, not in groups, from codes to float32. */
export function writeHead(writer: IntegerWriter, head: Convolution, form: ModelForms['heads']): void {
  const { output, strides, dilations, padding } = head;
  const [filters, height, width] = head.weightShape;
  const isLarge = height * width > 1 || filters >= worthwhileFilters;
  // .tflite has no scales below zero, which other tools write.
  const isInteger =
    (form === 'integer' || (form === 'by-size' && isLarge)) && head.weightScales.every((scale) => scale > 0);
  writeConvolution(writer.model, {
    ...(isInteger ? integerProduct(writer, head) : floatProduct(writer, head)),
    output: writer.at(output),
    isDepthwise: false,
    strides,
    dilations,
    begin: [padding.top, padding.left],
  });
}

type Product = Pick<ConvolutionParts, 'input' | 'weights' | 'bias'>;

/**
 * Values by int8 weights, which LiteRT multiplies in integers, the values quantized on the way: by their least and greatest,
 * of all of them, or of a pixel where the kernel is 1x1. So each pixel gets the ends of its grid for two more channels, which
 * nothing reads, and the codes are those that the values stand for.
 */
function integerProduct(writer: IntegerWriter, head: Convolution): Product {
  const { model } = writer;
  const { weights, weightScales } = head;
  const [filters, height, width, channels] = head.weightShape;
  const wide = channels + 2;
  const widened = new Int8Array(filters * height * width * wide);
  for (let at = 0; at < filters * height * width; at++) {
    widened.set(weights.subarray(at * channels, (at + 1) * channels), at * wide);
  }
  return {
    input: writer.valuesBetweenEnds(head.input),
    weights: model.constant([filters, height, width, wide], widened, {
      grid: { scales: weightScales, zeroPoints: new Int32Array(filters), axis: 0 },
    }),
    bias: model.constant([filters], floatBias(writer, head)),
  };
}

/** Values by weights as the values that they stand for. */
function floatProduct(writer: IntegerWriter, head: Convolution): Product {
  const { model } = writer;
  const { weights, weightScales, weightShape, input } = head;
  const perFilter = weights.length / weightScales.length;
  const values = Float32Array.from(
    weights,
    (code, index) => code * weightScales[Math.floor(index / perFilter)]!,
  );
  return {
    input: writer.valuesOf(input),
    weights: model.constant(weightShape, values),
    bias: model.constant([weightScales.length], floatBias(writer, head)),
  };
}

function floatBias(writer: IntegerWriter, { input, bias, weightScales }: Convolution): Float32Array {
  const { scale } = writer.gridOf(input);
  return Float32Array.from(bias, (steps, filter) => steps * scale * weightScales[filter]!);
}
