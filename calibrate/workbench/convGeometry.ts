import { AgentError } from '../../runtime/errors.js';
import { type Graph, intsAttribute, type Node, nodeLabel } from '../../runtime/graph/graph.js';
import { fixedDims, tensorTypes } from '../../runtime/graph/tensorTypes.js';

type Pair = readonly [vertical: number, horizontal: number];

/** Which inputs each output of a two-dimensional convolution of one image sees, in one group. */
export interface ConvGeometry {
  readonly channels: number;
  readonly inputSize: Pair;
  readonly outputSize: Pair;
  readonly kernel: Pair;
  readonly strides: Pair;
  readonly dilations: Pair;
  /** Zeros in front of the first row and column; those behind the last follow from the sizes. */
  readonly padsBegin: Pair;
}

/**
 * Returns the geometry of a convolution of a graph from `prepareGraph`.
 *
 * @throws AgentError `shape_mismatch` where it is not one of one image `[1, C, H, W]`
 */
export function convGeometry(node: Node, graph: Graph): ConvGeometry {
  const types = tensorTypes(graph);
  const dims = (tensor: string) => fixedDims(types.get(tensor)) ?? [];
  const [input, weights, output] = [node.inputs[0]!, node.inputs[1]!, node.outputs[0]!].map(dims);
  const [batch, channels, height, width] = input!;
  const [, , outputHeight, outputWidth] = output!;
  const [, , kernelHeight, kernelWidth] = weights!;
  if (batch !== 1 || input!.length !== 4 || weights!.length !== 4 || output!.length !== 4) {
    const got = `[${input}] * [${weights}] -> [${output}]`;
    const message = `${nodeLabel(node)}: expected a convolution of one image [1, C, H, W], got ${got}`;
    throw new AgentError('shape_mismatch', message, { detail: { where: node.name, got } });
  }
  const [down, across] = intsAttribute(node, 'strides', [1, 1]);
  const [dilationDown, dilationAcross] = intsAttribute(node, 'dilations', [1, 1]);
  const sizes = {
    inputSize: [height!, width!],
    outputSize: [outputHeight!, outputWidth!],
    kernel: [kernelHeight!, kernelWidth!],
    strides: [down!, across!],
    dilations: [dilationDown!, dilationAcross!],
  } as const;
  const [top, left] = intsAttribute(node, 'pads', [0, 0, 0, 0]);
  return { channels: channels!, ...sizes, padsBegin: [top!, left!] };
}

/**
 * Returns the geometry by which `convRows` of a convolution's output are that output: a row its channels at one position.
 *
 * @throws AgentError what `convGeometry` throws
 */
export function outputGeometry(node: Node, graph: Graph): ConvGeometry {
  const { outputSize } = convGeometry(node, graph);
  const [, channels] = fixedDims(tensorTypes(graph).get(node.outputs[0]!))!;
  return {
    ...{ channels: channels!, inputSize: outputSize, outputSize },
    ...{ kernel: [1, 1], strides: [1, 1], dilations: [1, 1], padsBegin: [0, 0] },
  };
}

/** Returns the number of inputs that one output sees: the length of a row of `convRows`. */
export function rowSize({ channels, kernel }: ConvGeometry): number {
  return channels * kernel[0] * kernel[1];
}

/** Returns the number of output positions. */
export function positionCount({ outputSize }: ConvGeometry): number {
  return outputSize[0] * outputSize[1];
}
