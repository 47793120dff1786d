import type { Convolution, IntegerGraph, IntegerInput, IntegerTensor } from './integerGraph.js';
import { readersOf, soleReader } from './readers.js';

/** Pixels of a block, each way. */
const size = 2;
/** Those of images: with more, kernels have enough at each position. */
const mostChannels = 4;

/**
 * Returns the graph with each image that one convolution of stride 2 reads in blocks of 2x2 pixels, each a pixel of four times
 * the channels (ONNX SpaceToDepth), over which the convolution goes in steps of 1: kernels gather what a window holds position
 * by position, and an image has few bytes at each. It computes the same to the bit.
 *
 * @param narrowest width of a kernel for which it is done, > 1
 */
export function foldPixels(graph: IntegerGraph, narrowest = 2): IntegerGraph {
  const readers = readersOf(graph);
  const tensors = new Map(graph.tensors);
  const replaced = new Map<unknown, Convolution>();
  const inputs = graph.inputs.map((image): IntegerInput => {
    const reader = soleReader(image.name, { graph, readers });
    if (reader?.kind !== 'convolution' || image.blockSize !== 1) return image;
    const input = graph.tensors.get(image.name)!;
    const [, height, width, channels] = input.shape;
    if (channels > mostChannels || reader.weightShape[2] < narrowest) return image;
    const folded = foldedConvolution(reader, { input, output: graph.tensors.get(reader.output)! });
    if (folded === undefined) return image;
    tensors.set(image.name, {
      ...input,
      shape: [1, height / size, width / size, channels * size ** 2],
    });
    replaced.set(reader, folded);
    return { ...image, blockSize: size };
  });
  const operations = graph.operations.map((operation) => replaced.get(operation) ?? operation);
  return { ...graph, inputs, tensors, operations };
}

interface Ends {
  readonly input: IntegerTensor;
  readonly output: IntegerTensor;
}

function foldedConvolution(convolution: Convolution, { input, output }: Ends): Convolution | undefined {
  const { strides, dilations, groups, padding, weights } = convolution;
  const [filters, kernelHeight, kernelWidth, channels] = convolution.weightShape;
  const isPlain = groups === 1 && dilations.every((dilation) => dilation === 1);
  if (!isPlain || strides.some((stride) => stride !== size)) return undefined;
  const [, fromHeight, fromWidth] = input.shape;
  const [, toHeight, toWidth] = output.shape;
  const rows = foldedAxis({ begin: padding.top, kernel: kernelHeight, from: fromHeight, to: toHeight });
  const columns = foldedAxis({ begin: padding.left, kernel: kernelWidth, from: fromWidth, to: toWidth });
  if (rows === undefined || columns === undefined) return undefined;
  const depth = channels * size ** 2;
  const folded = new Int8Array(filters * rows.kernel * columns.kernel * depth);
  let from = 0;
  for (let filter = 0; filter < filters; filter++)
    for (let y = rows.lead; y < rows.lead + kernelHeight; y++)
      for (let x = columns.lead; x < columns.lead + kernelWidth; x++, from += channels) {
        const block = (filter * rows.kernel + Math.floor(y / size)) * columns.kernel + Math.floor(x / size);
        const within = (y % size) * size + (x % size);
        folded.set(weights.subarray(from, from + channels), block * depth + within * channels);
      }
  return {
    ...convolution,
    weights: folded,
    weightShape: [filters, rows.kernel, columns.kernel, depth],
    strides: [1, 1],
    padding: { top: rows.begin, left: columns.begin, bottom: rows.end, right: columns.end },
  };
}

interface Axis {
  /** Padding in front. */
  readonly begin: number;
  readonly kernel: number;
  /** Sizes of input and output. */
  readonly from: number;
  readonly to: number;
}

/** A kernel and paddings in blocks. An odd padding is made even by `lead` zeros in front of the kernel. */
function foldedAxis({ begin, kernel, from, to }: Axis) {
  if (from % size !== 0) return undefined;
  const lead = begin % size;
  const folded = { lead, begin: (begin + lead) / size, kernel: Math.ceil((kernel + lead) / size) };
  const end = to - 1 + folded.kernel - from / size - folded.begin;
  return end < 0 ? undefined : { ...folded, end };
}
