import type { Pooling } from '../../../lowering/integerGraph.js';
import { writeConvolution } from '../tflite/convolution.js';
import { writeMaxPool } from '../tflite/maxPool.js';
import type { IntegerWriter } from './integerWriter.js';

/**
 * Writes a pooling. XNNPACK has no average of int8: it is a depthwise convolution with weights of 1 on a grid of one over the
 * window's size, which rounds once, as an average does.
 *
 * @throws AgentError `op_unsupported` for averages that leave padding out of account
 */
export function writePooling(writer: IntegerWriter, { kind, input, output, ...windows }: Pooling): void {
  const { model } = writer;
  const { window: kernel, strides, padding } = windows;
  const begin = [padding.top, padding.left] as const;
  const tensors = { input: writer.at(input), output: writer.at(output) };
  if (kind === 'maxPool') return void writeMaxPool(model, { ...tensors, kernel, strides, begin });
  if (Object.values(padding).some((size) => size > 0)) writer.refuse('an average over padded windows');
  const channels = writer.describe(input).shape[3];
  const [height, width] = kernel;
  const scale = 1 / (height * width);
  const weights = new Int8Array(height * width * channels).fill(1);
  const zeros = new Int32Array(channels);
  writeConvolution(model, {
    ...tensors,
    weights: model.constant([1, height, width, channels], weights, {
      grid: { scales: new Float32Array(channels).fill(scale), zeroPoints: zeros, axis: 3 },
    }),
    bias: model.constant([channels], zeros, {
      grid: {
        scales: new Float32Array(channels).fill(scale * writer.gridOf(input).scale),
        zeroPoints: zeros,
      },
    }),
    isDepthwise: true,
    strides,
    dilations: [1, 1],
    begin,
  });
}
