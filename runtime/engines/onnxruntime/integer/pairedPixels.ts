import type { Convolution, IntegerTensor } from '../../../lowering/integerGraph.js';

interface PairingOptions {
  readonly input: IntegerTensor;
  readonly output: IntegerTensor;
  /** Narrowest kernel for which it is done. */
  readonly narrowest: number;
}

/**
 * Returns a convolution of stride 2 over an image of four channels as one of stride 1 over pairs of pixels, the same bytes
 * as an image of half the width and eight channels: onnxruntime gathers what a window holds position by position, and four
 * bytes at each are few. `undefined` for any other convolution.
 */
export function pairedPixels(
  convolution: Convolution,
  { input, output, narrowest }: PairingOptions,
): { readonly convolution: Convolution; readonly shape: readonly [1, number, number, number] } | undefined {
  const { strides, dilations, groups, padding, weightShape } = convolution;
  const [, height, width, channels] = input.shape;
  const [filters, kernelHeight, kernelWidth] = weightShape;
  const isPlain = groups === 1 && dilations.every((dilation) => dilation === 1) && strides[1] === 2;
  if (!isPlain || channels !== 4 || width % 2 !== 0 || kernelWidth < narrowest) return undefined;
  // An odd padding is made even by a column of zeros in the kernel.
  const lead = padding.left % 2;
  const pairs = Math.ceil((kernelWidth + lead) / 2);
  const left = (padding.left + lead) / 2;
  const right = output.shape[2] - 1 + pairs - width / 2 - left;
  if (right < 0) return undefined;
  const weights = new Int8Array(filters * kernelHeight * pairs * 8);
  const rows = filters * kernelHeight;
  for (let row = 0; row < rows; row++) {
    const source = convolution.weights.subarray(row * kernelWidth * 4, (row + 1) * kernelWidth * 4);
    weights.set(source, row * pairs * 8 + lead * 4);
  }
  return {
    convolution: {
      ...convolution,
      weights,
      weightShape: [filters, kernelHeight, pairs, 8],
      strides: [strides[0], 1],
      padding: { ...padding, left, right },
    },
    shape: [1, height, width / 2, 8],
  };
}
