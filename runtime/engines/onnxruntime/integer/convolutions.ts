import type { Convolution, IntegerTensor } from '../../../lowering/integerGraph.js';
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
  const { input: name, weightScales, bias, groups, strides, dilations, codeRange } = convolution;
  const isClipped = codeRange[0] > 0 || codeRange[1] < 255;
  const { top, left, bottom, right } = convolution.padding;
  const [filters, height, width] = convolution.weightShape;
  const inputs = [
    name,
    ...writer.grid(input.grid!),
    writer.constant(channelsFirst(convolution)),
    writer.floats(weightScales),
    writer.constant({ dtype: 'int8', dims: [filters], data: new Int8Array(filters) }),
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

/**
 * Writes a head, a convolution from codes to float32: of 1x1 a product of matrices, else a convolution to int32 that is
 * scaled then. The values are called `floatName`, `[1, O, H, W]`.
 */
export function writeHead(
  writer: GraphWriter,
  head: Convolution,
  { input, output, floatName }: Ports & { floatName: string },
): void {
  const [, height, width, filters] = output.shape;
  const [, kernelHeight, kernelWidth, depth] = head.weightShape;
  const { top, left, bottom, right } = head.padding;
  const isProduct =
    kernelHeight * kernelWidth === 1 &&
    head.groups === 1 &&
    top + left + bottom + right === 0 &&
    isUnstrided(head);
  const scales = head.weightScales.map((scale) => scale * input.grid!.scale);
  const bias = scales.map((scale, o) => scale * head.bias[o]!);
  if (isProduct) {
    const rows = writer.standard('Reshape', [head.input, writer.ints([height * width, depth])]);
    const [scale, zeroPoint] = writer.grid(input.grid!);
    const matrix = writer.constant({ dtype: 'int8', dims: [depth, filters], data: transposed(head) });
    const noZero = writer.constant({ dtype: 'int8', dims: [filters], data: new Int8Array(filters) });
    const product = writer.microsoft('MatMulIntegerToFloat', [
      ...[rows, matrix, scale, writer.floats(head.weightScales), zeroPoint, noZero, writer.floats(bias)],
    ]);
    const image = writer.standard('Reshape', [product, writer.ints([1, height, width, filters])]);
    writer.standard('Transpose', [image], { output: floatName, attributes: { perm: [0, 3, 1, 2] } });
    return;
  }
  const planes = writer.standard('Transpose', [head.input], { attributes: { perm: [0, 3, 1, 2] } });
  const sums = writer.standard(
    'ConvInteger',
    [planes, writer.constant(channelsFirst(head)), writer.code(input.grid!.zeroPoint)],
    {
      attributes: {
        group: head.groups,
        kernel_shape: [kernelHeight, kernelWidth],
        strides: head.strides,
        dilations: head.dilations,
        pads: [top, left, bottom, right],
      },
    },
  );
  const floats = writer.standard('Cast', [sums], { attributes: { to: 1 } });
  const byChannel = (values: Float32Array) =>
    writer.constant({ dtype: 'float32', dims: [filters, 1, 1], data: values });
  const scaled = writer.standard('Mul', [floats, byChannel(scales)]);
  writer.standard('Add', [scaled, byChannel(bias)], { output: floatName });
}

function isUnstrided({ strides }: Convolution): boolean {
  return strides[0] === 1 && strides[1] === 1;
}

/** `[O, I]` to `[I, O]` */
function transposed({ weights, weightShape: [filters, , , depth] }: Convolution): Int8Array {
  const moved = new Int8Array(weights.length);
  for (let o = 0; o < filters; o++)
    for (let c = 0; c < depth; c++) moved[c * filters + o] = weights[o * depth + c]!;
  return moved;
}

/** `[O, kh, kw, I]` to `[O, I, kh, kw]`, as onnxruntime reads them even where images have the channels last. */
function channelsFirst({ weights, weightShape: [filters, height, width, depth] }: Convolution) {
  const area = height * width;
  const moved = new Int8Array(weights.length);
  for (let o = 0; o < filters; o++)
    for (let at = 0; at < area; at++)
      for (let c = 0; c < depth; c++)
        moved[(o * depth + c) * area + at] = weights[(o * area + at) * depth + c]!;
  return { dtype: 'int8', dims: [filters, depth, height, width], data: moved } as const;
}
