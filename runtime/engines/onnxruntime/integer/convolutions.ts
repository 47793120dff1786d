import type { Convolution, IntegerTensor } from '../../../lowering/integerGraph.js';
import { isDepthwise } from '../../../lowering/layout/channelClasses.js';
import type { GraphWriter } from './graphWriter.js';

/** What an operation reads and makes. */
export interface Ports {
  readonly input: IntegerTensor;
  readonly output: IntegerTensor;
}

/** Writes a convolution from codes to codes. */
export function writeConvolution(
  writer: GraphWriter,
  convolution: Convolution,
  { input, output }: Ports,
): void {
  const { weightScales, bias, groups, strides, dilations, codeRange } = convolution;
  const isClipped = codeRange[0] > 0 || codeRange[1] < 255;
  const { top, left, bottom, right } = convolution.padding;
  const [filters, height, width, depth] = convolution.weightShape;
  const weights = writer.weights(channelsFirst(convolution), {
    dims: [filters, depth, height, width],
    filters,
    isDepthwise: isDepthwise(convolution),
  });
  const inputs = [
    convolution.input,
    ...writer.grid(input.grid!),
    weights.codes,
    writer.floats(weightScales),
    weights.zeroPoints,
    ...writer.grid(output.grid!),
    writer.constant({ dtype: 'int32', dims: [filters], data: bias }),
  ];
  const made = writer.microsoft('QLinearConv', inputs, {
    ...(isClipped ? {} : { output: convolution.output }),
    attributes: {
      channels_last: 1,
      group: groups,
      kernel_shape: [height, width],
      strides,
      dilations,
      pads: [top, left, bottom, right],
    },
  });
  if (isClipped) writeClip(writer, made, { codeRange, output: convolution.output });
}

/** Holds codes within a range. */
export function writeClip(
  writer: GraphWriter,
  codes: string,
  { codeRange, output }: { codeRange: readonly [number, number]; output: string },
): void {
  writer.standard('Clip', [codes, writer.code(codeRange[0]), writer.code(codeRange[1])], { output });
}

/** `[O, kh, kw, I]` to `[O, I, kh, kw]`, as onnxruntime reads them even where images have the channels last. */
function channelsFirst({ weights, weightShape: [filters, height, width, depth] }: Convolution): Int8Array {
  const area = height * width;
  const moved = new Int8Array(weights.length);
  for (let o = 0; o < filters; o++)
    for (let at = 0; at < area; at++)
      for (let c = 0; c < depth; c++)
        moved[(o * depth + c) * area + at] = weights[(o * area + at) * depth + c]!;
  return moved;
}
