import { elementCount } from '../../graph/tensor.js';
import type { CodeView } from './codeView.js';
import type { ConvolutionSource, Kernel } from './rules/convolution.js';

/**
 * Returns a convolution of pixels that lie some steps apart in one tensor as a strided one of the tensor itself, with a kernel
 * as many times as large: YOLOX's and YOLOv5's Focus, four slices of the image that are concatenated, is a 6x6 convolution
 * of stride 2. `undefined` where the view or the convolution is of another form.
 */
export function focusedConvolution(view: CodeView, kernel: Kernel): ConvolutionSource | undefined {
  const { rowStep, columnStep, channels } = view;
  const tensor = channels[0]!.tensor;
  const [filters, height, width, perGroup] = kernel.weightShape;
  const isPlain =
    kernel.groups === 1 &&
    kernel.dilations.every((dilation) => dilation === 1) &&
    perGroup === channels.length &&
    view.channelDims.length === 1;
  if (!isPlain || !channels.every((source) => source.tensor === tensor)) return undefined;
  const depth = 1 + Math.max(...channels.map(({ channel }) => channel));
  const weightShape = [filters, height * rowStep, width * columnStep, depth] as const;
  const weights = new Int8Array(elementCount(weightShape));
  for (let o = 0; o < filters; o++)
    for (let y = 0; y < height; y++)
      for (let x = 0; x < width; x++)
        for (const [c, { channel, row, column }] of channels.entries()) {
          const rowAt = (o * height * rowStep + y * rowStep + row) * width * columnStep;
          const at = (rowAt + x * columnStep + column) * depth + channel;
          // Two slices of the same pixels would need the sum of two codes.
          if (weights[at] !== 0) return undefined;
          weights[at] = kernel.weights[((o * height + y) * width + x) * perGroup + c]!;
        }
  const { top, left, bottom, right } = kernel.padding;
  return {
    tensor,
    kernel: {
      ...kernel,
      weights,
      weightShape,
      strides: [kernel.strides[0] * rowStep, kernel.strides[1] * columnStep],
      padding: {
        top: top * rowStep,
        left: left * columnStep,
        bottom: bottom * rowStep,
        right: right * columnStep,
      },
    },
  };
}
