import type { TensorMap } from '../../runtime/engines/engine.js';
import type { Attribute, Graph, Node, ValueInfo } from '../../runtime/graph/graph.js';
import { elementCount, int64Tensor } from '../../runtime/graph/tensor.js';
import { fixedDims, tensorTypes } from '../../runtime/graph/tensorTypes.js';

/** Elements of a sample at most, but for tensors of more channels. */
const maxElements = 2 ** 13;

/** What leaves the engine of one tensor in one run. */
export interface TensorSample {
  readonly tensor: string;
  /** False when a value is NaN or infinite, or values are so large that a channel's sum is. */
  readonly allFinite: boolean;
  /** The least value of every channel, then the largest of every channel. */
  readonly extremes: Float32Array;
  /** Every `stride`-th value of every channel. */
  readonly values: Float32Array;
  readonly stride: number;
}

export interface SampledGraph {
  /** Has outputs for the samples beside its own. */
  readonly graph: Graph;
  /** Returns the samples that a run of `graph` gave, in the order of the tensors asked for. */
  readonly read: (outputs: TensorMap) => TensorSample[];
}

/**
 * Returns `graph` with samples of the named tensors: the engine finds the extremes and cuts the values down to some
 * thousands a tensor. Whole activations, a hundred times as many, cost more to look at than to compute.
 *
 * The stride has no factor in common with a channel's length, so that a sample walks through all rows and columns.
 *
 * @param tensors float32 of known shape, inputs of `graph` or made in it
 */
export function sampleTensors(graph: Graph, tensors: readonly string[]): SampledGraph {
  const types = tensorTypes(graph);
  const initializers = new Map(graph.initializers);
  const constant = (name: string, values: readonly number[]): string => {
    initializers.set(name, int64Tensor(values));
    return name;
  };
  const [start, end, axis] = [['start', 0] as const, ['end', 2 ** 31 - 1] as const, ['axis', 1] as const].map(
    ([name, value]) => constant(`sample/${name}`, [value]),
  );
  const reduce = reduction(graph.opsets.get('') ?? 0, axis!);
  const samples = tensors.map((tensor) => {
    const { channels, length } = channelsOf(fixedDims(types.get(tensor))!);
    return { tensor, channels, length, stride: strideOf({ channels, length }) };
  });
  const nodes = samples.map(({ tensor, channels, length, stride }): Node[] => {
    const rows = `${tensor}/rows`;
    const step = constant(`sample/step${stride}`, [stride]);
    const reduced = statistics.map((opType) => `${tensor}/${opType}`);
    return [
      makeNode('Reshape', [tensor, constant(`${rows}/shape`, [channels, length])], rows),
      ...statistics.map((opType, i) => reduce(opType, rows, reduced[i]!)),
      makeNode('Concat', reduced, statisticsName(tensor), { axis: { type: 'int', value: 0n } }),
      makeNode('Slice', [rows, start!, end!, axis!, step], sampleName(tensor)),
    ];
  });
  const outputs = samples.flatMap(({ tensor, channels, length, stride }): ValueInfo[] => [
    { name: statisticsName(tensor), dtype: 'float32', dims: [statistics.length * channels, 1] },
    { name: sampleName(tensor), dtype: 'float32', dims: [channels, Math.ceil(length / stride)] },
  ]);
  return {
    graph: {
      ...graph,
      // onnxruntime begins with what the last node needs. So it is done with one tensor before it makes the next.
      nodes: [...graph.nodes, ...nodes.toReversed().flat()],
      outputs: [...graph.outputs, ...outputs],
      initializers,
    },
    read: (made) => samples.map((sample) => readSample(made, sample)),
  };
}

/** NaN passes through a sum for certain, through a minimum and a maximum only by chance. */
const statistics = ['ReduceMin', 'ReduceMax', 'ReduceSum'] as const;

const statisticsName = (tensor: string) => `${tensor}/statistics`;
const sampleName = (tensor: string) => `${tensor}/sample`;

function readSample(
  outputs: TensorMap,
  { tensor, channels, stride }: { tensor: string; channels: number; stride: number },
): TensorSample {
  const found = outputs[statisticsName(tensor)]!.data as Float32Array;
  return {
    tensor,
    allFinite: found.every(Number.isFinite),
    extremes: found.subarray(0, 2 * channels),
    values: outputs[sampleName(tensor)]!.data as Float32Array,
    stride,
  };
}

/** Sees a tensor `[1, C, ...]` as C channels, one of any other shape as a single one. */
export function channelsOf(dims: readonly number[]): { channels: number; length: number } {
  const channels = dims[0] === 1 && dims.length > 2 ? dims[1]! : 1;
  return { channels, length: elementCount(dims) / channels };
}

function strideOf({ channels, length }: { channels: number; length: number }): number {
  let stride = Math.ceil(length / Math.max(1, Math.floor(maxElements / channels)));
  while (commonDivisor(stride, length) > 1) stride++;
  return stride;
}

function commonDivisor(a: number, b: number): number {
  return b === 0 ? a : commonDivisor(b, a % b);
}

/** From these versions on the axes are an input. Source: https://onnx.ai/onnx/operators, `ReduceMax`, `ReduceSum`. */
const opsetOfAxesInput = { ReduceMin: 18, ReduceMax: 18, ReduceSum: 13 } as const;

/** Returns what makes a node that reduces along the second of two axes, and keeps it as one of length 1. */
function reduction(opset: number, axis: string) {
  return (opType: (typeof statistics)[number], input: string, output: string): Node =>
    opset >= opsetOfAxesInput[opType]
      ? makeNode(opType, [input, axis], output)
      : makeNode(opType, [input], output, { axes: { type: 'ints', value: [1n] } });
}

function makeNode(
  opType: string,
  inputs: readonly string[],
  output: string,
  attributes: Readonly<Record<string, Attribute>> = {},
): Node {
  return {
    name: output,
    opType,
    domain: '',
    inputs,
    outputs: [output],
    attributes: new Map(Object.entries(attributes)),
  };
}
