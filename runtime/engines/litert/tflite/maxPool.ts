import type { ModelWriter } from './modelWriter.js';
import { padding } from './operatorTable.js';
import { type AxisWindows, endPadding, grownToSame, windowPadding } from './windowPadding.js';
import { axisWindows } from './writeWindows.js';

export interface PoolParts {
  /** NHWC */
  readonly input: number;
  /** NHWC, on the input's grid */
  readonly output: number;
  /** [height, width] */
  readonly kernel: readonly [number, number];
  /** [vertical, horizontal] */
  readonly strides: readonly [number, number];
  /** Padding at the top and at the left. */
  readonly begin: readonly [number, number];
}

/** Writes a pooling by the greatest value, which padding never wins. */
export function writeMaxPool(writer: ModelWriter, parts: PoolParts): void {
  const { input, output } = parts;
  const axes = axisWindows(writer, { ...parts, dilations: [1, 1] });
  const stated = windowPadding(axes);
  if (stated !== undefined) return void writePool(writer, 'MAX_POOL_2D', { ...parts, padding: stated });
  const grown = axes.map(grownToSame);
  const [height, width] = grown;
  if (height === undefined || width === undefined) return void writeOnLowest(writer, parts, axes);
  // A row and a column more move the padding of `same` to where it is wanted; the windows on them are cut off again.
  const [batch = 1, rows = 1, columns = 1, channels = 1] = writer.at(input).shape;
  const [below, behind] = [height.size - rows, width.size - columns];
  const isLargeEnough = below === 0 && behind === 0;
  const around = [
    [0, 0],
    [0, below],
    [0, behind],
    [0, 0],
  ] as const;
  const larger = isLargeEnough ? input : writer.padded(input, around);
  const pooled = writer.like(input, [batch, height.count, width.count, channels]);
  writePool(writer, 'MAX_POOL_2D', { ...parts, input: larger, output: pooled, padding: padding.same });
  writer.slice(pooled, output, [0, 0, 0, 0]);
}

/** Writes a pooling whose windows are stated already. */
export function writePool(
  writer: ModelWriter,
  name: 'MAX_POOL_2D' | 'AVERAGE_POOL_2D',
  { input, output, kernel, strides, padding: stated }: PoolParts & { readonly padding: number },
): void {
  writer.operator(
    name,
    { inputs: [input], outputs: [output] },
    {
      padding: stated,
      strideW: strides[1],
      strideH: strides[0],
      filterW: kernel[1],
      filterH: kernel[0],
    },
  );
}

/** Pools on the input with the lowest values around it. */
function writeOnLowest(writer: ModelWriter, parts: PoolParts, axes: readonly AxisWindows[]): void {
  let { input } = parts;
  for (const [index, { begin, ...axis }] of axes.entries()) {
    const end = endPadding({ begin, ...axis });
    const around = [begin, end].map((count) =>
      count === 0 ? [] : [lowest(writer, input, { index, count })],
    );
    const joined = [...around[0]!, input, ...around[1]!];
    if (joined.length === 1) continue;
    const { shape } = writer.at(input);
    const output = writer.like(input, shape.with(index + 1, axis.size + begin + end));
    writer.concatenate(joined, output, index + 1);
    input = output;
  }
  writePool(writer, 'MAX_POOL_2D', { ...parts, input, padding: padding.valid });
}

function lowest(
  writer: ModelWriter,
  like: number,
  { index, count }: { index: number; count: number },
): number {
  const { shape, type, grid } = writer.at(like);
  const dims = shape.with(index + 1, count);
  const elements = dims.reduce((product, size) => product * size, 1);
  if (type === 'int8') return writer.constant(dims, new Int8Array(elements).fill(-128), grid && { grid });
  return writer.constant(dims, new Float32Array(elements).fill(-3.4028234663852886e38));
}
