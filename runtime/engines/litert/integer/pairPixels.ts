import type { Convolution, IntegerGraph, IntegerTensor } from '../../../lowering/integerGraph.js';
import { readersOf, soleReader } from '../../../lowering/readers.js';

/** Channels up to which it pays: XNNPACK reads 8 of each position at a time, whether they are there or not. */
const mostChannels = 4;

/**
 * Returns the graph with each image that one convolution of stride 2 reads as an image of pairs of pixels: the same bytes with
 * half the width and twice the channels, over which the convolution goes in steps of 1. It computes the same to the bit.
 */
export function pairPixels(graph: IntegerGraph): IntegerGraph {
  const readers = readersOf(graph);
  const tensors = new Map(graph.tensors);
  const replaced = new Map<unknown, Convolution>();
  for (const { name } of graph.inputs) {
    const reader = soleReader(name, { graph, readers });
    if (reader?.kind !== 'convolution') continue;
    const input = graph.tensors.get(name)!;
    const paired = pairedConvolution(reader, input, graph.tensors.get(reader.output)!);
    if (paired === undefined) continue;
    const [, height, width, channels] = input.shape;
    tensors.set(name, { ...input, shape: [1, height, width / 2, 2 * channels] });
    replaced.set(reader, paired);
  }
  const operations = graph.operations.map((operation) => replaced.get(operation) ?? operation);
  return { ...graph, tensors, operations };
}

function pairedConvolution(
  convolution: Convolution,
  input: IntegerTensor,
  output: IntegerTensor,
): Convolution | undefined {
  const { strides, dilations, groups, padding, weightShape } = convolution;
  const [, , width, channels] = input.shape;
  const [filters, kernelHeight, kernelWidth] = weightShape;
  const isPlain = groups === 1 && dilations[1] === 1 && strides[1] === 2;
  if (!isPlain || channels > mostChannels || width % 2 !== 0) return undefined;
  // An odd padding is made even by a column of zeros in the kernel.
  const lead = padding.left % 2;
  const pairs = Math.ceil((kernelWidth + lead) / 2);
  const left = (padding.left + lead) / 2;
  const right = output.shape[2] - 1 + pairs - width / 2 - left;
  if (right < 0) return undefined;
  const weights = new Int8Array(filters * kernelHeight * pairs * 2 * channels);
  const rowLength = kernelWidth * channels;
  for (let row = 0; row < filters * kernelHeight; row++) {
    const source = convolution.weights.subarray(row * rowLength, (row + 1) * rowLength);
    weights.set(source, (row * pairs * 2 + lead) * channels);
  }
  return {
    ...convolution,
    weights,
    weightShape: [filters, kernelHeight, pairs, 2 * channels],
    strides: [strides[0], 1],
    padding: { ...padding, left, right },
  };
}
