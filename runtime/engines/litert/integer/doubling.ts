import { writeConvolution } from '../tflite/convolution.js';
import type { ModelWriter } from '../tflite/modelWriter.js';
import type { IntegerWriter } from './integerWriter.js';

/** What the pixel before, the pixel itself and the one behind count in the first and the second of two pixels, in quarters. */
const shares = [
  [1, 3, 0],
  [0, 3, 1],
] as const;

/**
 * Writes a linear enlargement to twice the height and width, pixels between centres, as a depthwise convolution: four phases of each
 * channel, then side by side. Sixteenths of codes are added up whole and rounded once, ties to the even code, as everywhere else;
 * XNNPACK's own RESIZE_BILINEAR rounds ties up, and one value of sixteen is one.
 */
export function writeDoubled(
  writer: IntegerWriter,
  { input, output }: { readonly input: string; readonly output: string },
): void {
  const { model } = writer;
  const { scale } = writer.gridOf(input);
  const [, height, width, channels] = writer.describe(input).shape;
  const phases = shares.flatMap((rows) => shares.map((columns) => ({ rows, columns })));
  const depth = phases.length * channels;
  const taps = shares[0].length;
  const weights = new Int8Array(taps * taps * depth);
  for (let tap = 0; tap < taps * taps; tap++) {
    for (const [phase, { rows, columns }] of phases.entries()) {
      const from = tap * depth + phase * channels;
      weights.fill(rows[Math.floor(tap / taps)]! * columns[tap % taps]!, from, from + channels);
    }
  }
  const zeroPoints = new Int32Array(depth);
  const sixteenths = new Float32Array(depth).fill(1 / 16);
  const wide = withEdgesRepeated(model, writer.at(input));
  const copies = phases.map(() => wide);
  const deep = model.like(wide, [1, height + 2, width + 2, depth]);
  model.concatenate(copies, deep, 3);
  const made = model.like(writer.at(output), [1, height, width, depth]);
  writeConvolution(model, {
    input: deep,
    weights: model.constant([1, taps, taps, depth], weights, {
      grid: { scales: sixteenths, zeroPoints, axis: 3 },
    }),
    bias: model.constant([depth], new Int32Array(depth), {
      grid: { scales: sixteenths.map((share) => share * scale), zeroPoints },
    }),
    output: made,
    isDepthwise: true,
    strides: [1, 1],
    dilations: [1, 1],
    begin: [0, 0],
  });
  model.operator('DEPTH_TO_SPACE', { inputs: [made], outputs: [writer.at(output)] }, { blockSize: 2 });
}

/** Returns an image with the pixels at its edges once more. */
function withEdgesRepeated(model: ModelWriter, image: number): number {
  let wide = image;
  for (const axis of [1, 2]) {
    const { shape } = model.at(wide);
    const size = shape[axis]!;
    const edge = (at: number) => {
      const piece = model.like(wide, shape.with(axis, 1));
      model.slice(
        wide,
        piece,
        shape.map((_, k) => (k === axis ? at : 0)),
      );
      return piece;
    };
    const wider = model.like(wide, shape.with(axis, size + 2));
    model.concatenate([edge(0), wide, edge(size - 1)], wider, axis);
    wide = wider;
  }
  return wide;
}
