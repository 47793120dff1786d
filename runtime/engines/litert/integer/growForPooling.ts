import type { Convolution, IntegerGraph, Pooling } from '../../../lowering/integerGraph.js';
import { readersOf, soleReader } from '../../../lowering/readers.js';
import { type AxisWindows, grownToSame, windowPadding } from '../tflite/windowPadding.js';

/**
 * Returns the graph with each convolution that a padded maximum pooling alone reads larger by the row and the column at the
 * end with which .tflite can state the pooling's windows. None of those that are kept sees them, and padding the tensor in
 * between would take XNNPACK longer than making them.
 */
export function growForPooling(graph: IntegerGraph): IntegerGraph {
  const readers = readersOf(graph);
  const tensors = new Map(graph.tensors);
  const operations = graph.operations.map((operation) => {
    if (operation.kind !== 'convolution') return operation;
    const reader = soleReader(operation.output, { graph, readers });
    if (reader?.kind !== 'maxPool') return operation;
    const { shape, ...output } = graph.tensors.get(operation.output)!;
    const grown = grownSize(reader, shape, graph.tensors.get(reader.output)!.shape);
    if (grown === undefined) return operation;
    const [batch, height, width, channels] = shape;
    tensors.set(operation.output, { ...output, shape: [batch, ...grown, channels] });
    return enlarged(operation, [grown[0] - height, grown[1] - width]);
  });
  return { ...graph, tensors, operations };
}

type Shape = readonly [number, number, number, number];

/** Returns `[height, width]`; `undefined` where the pooling needs no help, or this does not help. */
function grownSize(
  { window, strides, padding }: Pooling,
  input: Shape,
  output: Shape,
): readonly [number, number] | undefined {
  const axis = (index: 0 | 1, begin: number): AxisWindows => ({
    ...{ size: input[index + 1]!, count: output[index + 1]!, begin },
    ...{ span: window[index], stride: strides[index] },
  });
  const axes = [axis(0, padding.top), axis(1, padding.left)] as const;
  if (windowPadding(axes) !== undefined) return undefined;
  const [vertical, horizontal] = axes.map(grownToSame);
  return vertical && horizontal && [vertical.size, horizontal.size];
}

function enlarged(convolution: Convolution, [rows, columns]: readonly [number, number]): Convolution {
  const { padding, strides } = convolution;
  const { bottom, right } = padding;
  return {
    ...convolution,
    padding: { ...padding, bottom: bottom + rows * strides[0], right: right + columns * strides[1] },
  };
}
