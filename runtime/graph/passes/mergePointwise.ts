import { consumers, type Graph, intAttribute, intsAttribute, type Node } from '../graph.js';
import { elementCount, float32Tensor, type Tensor } from '../tensor.js';
import { addConvWeights, type ConvWeights } from './addConvWeights.js';
import { float32Constant } from './channelAffine.js';
import { removeDeadNodes } from './removeDeadNodes.js';

/**
 * Returns the graph with two pointwise convolutions in a row as one, where nothing stands between them, nothing else reads the first
 * and one multiplies no more than both: W = W2 W1, b = W2 b1 + b2, in float64. What lay between them would be rounded, for nothing.
 *
 * Left alone where weights are shared or not constant float32.
 */
export function mergePointwise(graph: Graph): Graph {
  const readers = consumers(graph);
  const outputs = new Set(graph.outputs.map(({ name }) => name));
  for (const [position, first] of graph.nodes.entries()) {
    const [made = ''] = first.outputs;
    const [second, ...others] = readers.get(made) ?? [];
    if (second === undefined || others.length > 0 || outputs.has(made)) continue;
    const isOwn = [first, second].every(({ inputs }) => readers.get(inputs[1]!)?.length === 1);
    const merged = isOwn ? mergedWeights(first, second, graph) : undefined;
    if (merged === undefined) continue;
    const initializers = new Map(graph.initializers);
    const names = addConvWeights(initializers, second.outputs[0]!, merged);
    const one = { ...second, inputs: [first.inputs[0]!, ...names] };
    const nodes = graph.nodes.filter((_, index) => index !== position);
    const without = { ...graph, initializers, nodes: nodes.map((node) => (node === second ? one : node)) };
    return mergePointwise(removeDeadNodes(without));
  }
  return graph;
}

function mergedWeights(first: Node, second: Node, { initializers }: Graph): ConvWeights | undefined {
  const constant = float32Constant(initializers);
  const [before, behind] = [first, second].map((node) => matrixOf(node, constant));
  if (!before || !behind) return undefined;
  const [inputs, middle, filters] = [before.columns, before.rows, behind.rows];
  if (inputs * filters > middle * (inputs + filters)) return undefined;
  const weights = new Float64Array(filters * inputs);
  const bias = Float64Array.from({ length: filters }, (_, filter) => behind.bias[filter]!);
  for (let filter = 0; filter < filters; filter++) {
    for (let m = 0; m < middle; m++) {
      const factor = behind.values[filter * middle + m]!;
      bias[filter]! += factor * before.bias[m]!;
      for (let c = 0; c < inputs; c++)
        weights[filter * inputs + c]! += factor * before.values[m * inputs + c]!;
    }
  }
  return {
    weights: float32Tensor([filters, inputs, 1, 1], Float32Array.from(weights)),
    bias: float32Tensor([filters], Float32Array.from(bias)),
  };
}

interface Matrix {
  readonly rows: number;
  readonly columns: number;
  /** `[rows, columns]` */
  readonly values: Float32Array;
  readonly bias: Float32Array;
}

/** Returns what a pointwise convolution multiplies each pixel by, `undefined` for other nodes. */
function matrixOf(node: Node, constant: (name: string) => Tensor | undefined): Matrix | undefined {
  const [, weightName = '', biasName = ''] = node.inputs;
  if (node.opType !== 'Conv' || node.domain !== '' || intAttribute(node, 'group', 1) !== 1) return undefined;
  const weights = constant(weightName);
  const [rows, columns, ...kernel] = weights?.dims ?? [];
  if (weights === undefined || rows === undefined || columns === undefined) return undefined;
  const isPointwise = kernel.length === 2 && elementCount(kernel) === 1;
  const pads = intsAttribute(node, 'pads', [0]);
  const strides = intsAttribute(node, 'strides', [1]);
  if (!isPointwise || pads.some((pad) => pad !== 0) || strides.some((stride) => stride !== 1))
    return undefined;
  const bias = biasName ? (constant(biasName)?.data as Float32Array | undefined) : new Float32Array(rows);
  return bias && { rows, columns, values: weights.data as Float32Array, bias };
}
