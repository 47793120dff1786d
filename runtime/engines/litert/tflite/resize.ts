import type { ModelWriter } from './modelWriter.js';

interface ResizeParts {
  /** NHWC */
  readonly input: number;
  /** NHWC, on the input's grid */
  readonly output: number;
}

/** Writes an enlargement that repeats each pixel. XNNPACK has none, but moves memory as fast. */
export function writeRepeated(
  writer: ModelWriter,
  { input, output, factors }: ResizeParts & { readonly factors: readonly [number, number] },
): void {
  const [batch = 1, height = 1, width = 1, channels = 1] = writer.at(input).shape;
  const [vertical, horizontal] = factors;
  if (vertical === horizontal && vertical > 1) {
    const copies = Array.from({ length: vertical * horizontal }, () => input);
    const deep = writer.like(input, [batch, height, width, channels * copies.length]);
    writer.concatenate(copies, deep, 3);
    return void writer.operator(
      'DEPTH_TO_SPACE',
      { inputs: [deep], outputs: [output] },
      { blockSize: vertical },
    );
  }
  const wide = repeatedRows(writer, input, { rows: [batch * height * width, channels], times: horizontal });
  const rows = [batch * height, width * horizontal * channels] as const;
  const tall = repeatedRows(writer, wide, { rows, times: vertical });
  writer.reshape(tall, output);
}

/** Writes a bilinear resize. */
export function writeBilinear(
  writer: ModelWriter,
  {
    input,
    output,
    placement,
  }: ResizeParts & {
    readonly placement: { readonly alignCorners: number; readonly halfPixelCenters: number };
  },
): void {
  const size = writer.ints(writer.at(output).shape.slice(1, 3));
  writer.operator('RESIZE_BILINEAR', { inputs: [input, size], outputs: [output] }, placement);
}

/** Returns a matrix with each row so many times in a row: [count, times * length]. */
function repeatedRows(
  writer: ModelWriter,
  input: number,
  { rows, times }: { readonly rows: readonly [number, number]; readonly times: number },
): number {
  const matrix = writer.reshaped(input, rows);
  if (times === 1) return matrix;
  const output = writer.like(matrix, [rows[0], rows[1] * times]);
  writer.concatenate(
    Array.from({ length: times }, () => matrix),
    output,
    1,
  );
  return output;
}
