import type { Resizing } from '../../../lowering/integerGraph.js';
import type { Ports } from './convolutions.js';
import type { GraphWriter } from './graphWriter.js';

/** Writes an enlargement of codes. */
export function writeResizing(writer: GraphWriter, resizing: Resizing, ports: Ports): void {
  const { mode, input, output, factors } = resizing;
  if (mode === 'nearest' && writer.choices.nearest === 'broadcast') {
    writeRepetition(writer, resizing, ports);
    return;
  }
  const scales = writer.floats(Float32Array.of(1, factors[0], factors[1], 1));
  if (mode === 'nearest') {
    const attributes = { mode, coordinate_transformation_mode: 'asymmetric', nearest_mode: 'floor' };
    writer.standard('Resize', [input, '', scales], { output, attributes });
    return;
  }
  // Between codes onnxruntime cuts the interpolated value, half a code too low in the mean, and takes longer.
  const grid = writer.grid(ports.input.grid!);
  const values = writer.standard('DequantizeLinear', [input, ...grid]);
  const attributes = { mode, coordinate_transformation_mode: 'half_pixel' };
  const resized = writer.standard('Resize', [values, '', scales], { attributes });
  writer.standard('QuantizeLinear', [resized, ...grid], { output });
}

/** Repeats pixels by a broadcast. */
function writeRepetition(writer: GraphWriter, { input, output, factors }: Resizing, ports: Ports): void {
  const [, height, width, channels] = ports.input.shape;
  const [down, across] = factors;
  const apart = writer.standard('Reshape', [input, writer.ints([height, 1, width, 1, channels])]);
  const repeated = writer.standard('Expand', [apart, writer.ints([height, down, width, across, channels])]);
  writer.standard('Reshape', [repeated, writer.ints([1, height * down, width * across, channels])], {
    output,
  });
}
