import { freshName } from '../freshName.js';
import { type Attribute, type Graph, intsAttribute, type Node } from '../graph.js';
import type { Tensor } from '../tensor.js';

/** The oldest operator set that is raised, and the one that it is raised to: the first with 4-bit integers. */
const oldestOpset = 13;
const targetOpset = 21;
/** The file format that came with that operator set. */
const targetIrVersion = 10;

/**
 * Returns the graph in operator set 21, computing the same; one of a newer set is returned as it is. Equal to the bit,
 * but for AveragePool, which onnxruntime adds up in another order from set 19 on.
 *
 * `undefined` where that is not known to be possible: below operator set 13, with an operator that is not listed here
 * (subgraphs, recurrent and random operators, other domains), or with training outputs.
 *
 * Source: https://github.com/onnx/onnx/blob/main/docs/Changelog.md, versions 14 to 21.
 */
export function raiseOpset(graph: Graph): Graph | undefined {
  const opset = graph.opsets.get('') ?? 0;
  if (opset >= targetOpset) return graph;
  if (opset < oldestOpset || !graph.nodes.every(isKnown)) return undefined;
  const initializers = new Map(graph.initializers);
  const tensors = new Set([
    ...initializers.keys(),
    ...graph.inputs.map(({ name }) => name),
    ...graph.nodes.flatMap(({ outputs }) => outputs),
  ]);
  const constant = (wanted: string, tensor: Tensor): string => {
    const name = freshName(wanted, (taken) => tensors.has(taken));
    tensors.add(name);
    initializers.set(name, tensor);
    return name;
  };
  return {
    ...graph,
    irVersion: Math.max(graph.irVersion, targetIrVersion),
    opsets: new Map([...graph.opsets, ['', targetOpset]]),
    nodes: graph.nodes.map((node) => rewritten(node, { opset, constant })),
    initializers,
  };
}

interface Rewriting {
  /** What the node is written in. */
  readonly opset: number;
  /** Adds a constant and returns its name. */
  readonly constant: (wanted: string, tensor: Tensor) => string;
}

function rewritten(node: Node, rewriting: Rewriting): Node {
  if (reductions.has(node.opType)) return withAxesInput(node, rewriting);
  if (node.opType === 'Split') return withNumOutputs(node);
  if (node.opType === 'RoiAlign') return withOldCoordinates(node, rewriting);
  return node;
}

/** From set 18 on the axes are an input. */
function withAxesInput(node: Node, { constant }: Rewriting): Node {
  if (!node.attributes.has('axes')) return node;
  const axes = intsAttribute(node, 'axes', []);
  const data = BigInt64Array.from(axes, BigInt);
  const name = constant(`${node.outputs[0]!}/axes`, { dtype: 'int64', dims: [axes.length], data });
  const attributes = new Map(node.attributes);
  attributes.delete('axes');
  return { ...node, inputs: [node.inputs[0]!, name], attributes };
}

/** From set 18 on a split into equal parts says how many. */
function withNumOutputs(node: Node): Node {
  const isEqual = (node.inputs[1] ?? '') === '' && !node.attributes.has('num_outputs');
  return isEqual
    ? withAttribute(node, 'num_outputs', { type: 'int', value: BigInt(node.outputs.length) })
    : node;
}

/** Up to set 15 there was one way to place a box on the map, which since then is not the default. */
function withOldCoordinates(node: Node, { opset }: Rewriting): Node {
  return opset < 16
    ? withAttribute(node, 'coordinate_transformation_mode', { type: 'string', value: 'output_half_pixel' })
    : node;
}

function withAttribute(node: Node, name: string, value: Attribute): Node {
  return { ...node, attributes: new Map([...node.attributes, [name, value]]) };
}

function isKnown({ opType, domain, outputs, attributes }: Node): boolean {
  const isTraining = opType === 'BatchNormalization' && outputs.length > 1;
  const isFlat = [...attributes.values()].every(({ type }) => type !== 'opaque');
  return domain === '' && known.has(opType) && isFlat && !isTraining;
}

/** `ReduceSum` has had its axes as an input since set 13. */
const reductions: ReadonlySet<string> = new Set(
  'ReduceL1 ReduceL2 ReduceLogSum ReduceLogSumExp ReduceMax ReduceMean ReduceMin ReduceProd ReduceSumSquare'.split(
    ' ',
  ),
);

/** Operators whose nodes mean the same in sets 13 to 21, but for what is rewritten above. */
const known: ReadonlySet<string> = new Set([
  ...reductions,
  ...`Abs Add And ArgMax ArgMin AveragePool BatchNormalization BitShift Cast Ceil Celu Clip Compress Concat Constant
    ConstantOfShape Conv ConvInteger ConvTranspose Cos CumSum DeformConv DepthToSpace DequantizeLinear Div Dropout
    DynamicQuantizeLinear Einsum Elu Equal Erf Exp Expand Flatten Floor Gather GatherElements GatherND Gelu Gemm
    GlobalAveragePool GlobalMaxPool Greater GreaterOrEqual HardSigmoid HardSwish Identity InstanceNormalization IsInf
    IsNaN LRN LayerNormalization LeakyRelu Less LessOrEqual Log LogSoftmax LpNormalization MatMul MatMulInteger Max
    MaxPool Mean Min Mish Mod Mul Neg NonMaxSuppression NonZero Not OneHot Or PRelu Pad Pow QLinearConv QLinearMatMul
    QuantizeLinear Range Reciprocal ReduceSum Relu Reshape Resize RoiAlign Round ScatterElements ScatterND Selu Shape
    Sigmoid Sign Sin Size Slice Softmax Softplus Softsign SpaceToDepth Split Sqrt Squeeze Sub Sum Tanh
    ThresholdedRelu Tile TopK Transpose Trilu Unsqueeze Where Xor`.split(/\s+/),
]);
