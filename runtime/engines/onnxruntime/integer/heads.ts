import type { Convolution } from '../../../lowering/integerGraph.js';
import type { Ports } from './convolutions.js';
import type { GraphWriter } from './graphWriter.js';

/** What the values of a head are called. */
export interface HeadNames {
  /** `[1, O, H, W]` */
  readonly floatName: string;
  /** `[H * W, O]`, as the product leaves them; absent where nobody asks for them so. */
  readonly rowsName: string | undefined;
}

/**
 * Writes a head, a convolution from codes to float32 that is not in groups, as a product of matrices whose int32 sums are
 * scaled and never rounded.
 *
 * ConvInteger would do the same, 10 to 20 times slower.
 */
export function writeHead(
  writer: GraphWriter,
  head: Convolution,
  { input, output, floatName, rowsName }: Ports & HeadNames,
): void {
  const [, height, width, filters] = output.shape;
  const length = head.weights.length / filters;
  const windows = writeWindows(writer, head, { input, output });
  const [scale, zeroPoint] = writer.grid(input.grid!);
  const bias = head.weightScales.map((weightScale, o) => weightScale * input.grid!.scale * head.bias[o]!);
  const weights = writer.weights(transposed(head), { dims: [length, filters], filters });
  const product = writer.microsoft(
    'MatMulIntegerToFloat',
    [
      writer.standard('Reshape', [windows, writer.ints([height * width, length])]),
      weights.codes,
      scale,
      writer.floats(head.weightScales),
      zeroPoint,
      weights.zeroPoints,
      writer.floats(bias),
    ],
    rowsName === undefined ? {} : { output: rowsName },
  );
  const image = writer.standard('Reshape', [product, writer.ints([1, height, width, filters])]);
  writer.standard('Transpose', [image], { output: floatName, attributes: { perm: [0, 3, 1, 2] } });
}

/** What each output pixel reads, in the order of the weights: `[1, H, W, kh * kw * I]`. */
function writeWindows(writer: GraphWriter, head: Convolution, { input, output }: Ports): string {
  const [, kernelHeight, kernelWidth] = head.weightShape;
  const { padding, strides, dilations } = head;
  const isPadded = Object.values(padding).some((size) => size > 0);
  const zeroPoint = writer.code(input.grid!.zeroPoint);
  const { top, left, bottom, right } = padding;
  const image = isPadded
    ? writer.standard('Pad', [head.input, writer.ints([0, top, left, 0, 0, bottom, right, 0]), zeroPoint])
    : head.input;
  if (kernelHeight * kernelWidth === 1 && strides[0] === 1 && strides[1] === 1) return image;
  const [, height, width] = output.shape;
  const shifted: string[] = [];
  for (let y = 0; y < kernelHeight; y++) {
    for (let x = 0; x < kernelWidth; x++) {
      const start = [y * dilations[0], x * dilations[1]] as const;
      const end = [start[0] + (height - 1) * strides[0] + 1, start[1] + (width - 1) * strides[1] + 1];
      const ranges = [start, end, [1, 2], strides].map((values) => writer.ints(values));
      shifted.push(writer.standard('Slice', [image, ...ranges]));
    }
  }
  return shifted.length === 1 ? shifted[0]! : writer.standard('Concat', shifted, { attributes: { axis: 3 } });
}

/** `[O, kh, kw, I]` to `[kh, kw, I, O]` */
function transposed({ weights, weightShape: [filters] }: Convolution): Int8Array {
  const length = weights.length / filters;
  const moved = new Int8Array(weights.length);
  for (let o = 0; o < filters; o++)
    for (let at = 0; at < length; at++) moved[at * filters + o] = weights[o * length + at]!;
  return moved;
}
