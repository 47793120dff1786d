import { freshName } from '../freshName.js';
import {
  type Attribute,
  type Graph,
  intAttribute,
  intsAttribute,
  type Node,
  stringAttribute,
} from '../graph.js';
import { int64Tensor, type Tensor } from '../tensor.js';
import { fixedDims, tensorTypes } from '../tensorTypes.js';

/** The oldest operator set that is raised. */
const oldestOpset = 11;
/** The file formats that came with the operator sets that graphs are raised to. */
const irVersions = { 13: 7, 21: 10 } as const;

/**
 * Returns the graph in operator set `target`, computing the same; one of a newer set is returned as it is. Set 13 is the
 * first with quantizers by channel, 21 the first with 4-bit integers. Equal to the bit, but for AveragePool, which
 * onnxruntime adds up in another order from set 19 on.
 *
 * `undefined` where that is not known to be possible: below operator set 11, with an operator that is not listed here
 * (subgraphs, recurrent and random operators, other domains), with training outputs, or with a Softmax of set 12 and
 * older over several axes at once.
 *
 * Source: https://github.com/onnx/onnx/blob/main/docs/Changelog.md, versions 12 to 21.
 *
 * @param graph with the shapes of what a Softmax reads, if it is of set 12 or older
 */
export function raiseOpset(graph: Graph, target: keyof typeof irVersions): Graph | undefined {
  const opset = graph.opsets.get('') ?? 0;
  if (opset >= target) return graph;
  if (opset < oldestOpset || !graph.nodes.every(isKnown)) return undefined;
  const types = tensorTypes(graph);
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
  const dims = (name: string) => fixedDims(types.get(name));
  const nodes = graph.nodes.map((node) => rewritten(node, { opset, target, constant, dims }));
  if (!nodes.every((node) => node !== undefined)) return undefined;
  return {
    ...graph,
    irVersion: Math.max(graph.irVersion, irVersions[target]),
    opsets: new Map([...graph.opsets, ['', target]]),
    nodes,
    initializers,
  };
}

interface Rewriting {
  /** What the node is written in. */
  readonly opset: number;
  /** What it is to be written in. */
  readonly target: number;
  /** The sizes of a tensor, where all of them are known. */
  readonly dims: (name: string) => readonly number[] | undefined;
  /** Adds a constant and returns its name. */
  readonly constant: (wanted: string, tensor: Tensor) => string;
}

/** `undefined` where the node cannot be written in the newer set. */
function rewritten(node: Node, rewriting: Rewriting): Node | undefined {
  const from13 = rewriting.opset < 13 ? inSet13(node, rewriting) : node;
  if (from13 === undefined || rewriting.target === 13) return from13;
  if (reductions.has(node.opType)) return withListInput(from13, 'axes', rewriting);
  if (node.opType === 'Split') return withNumOutputs(from13);
  if (node.opType === 'RoiAlign') return withOldCoordinates(from13, rewriting);
  return from13;
}

function inSet13(node: Node, rewriting: Rewriting): Node | undefined {
  switch (node.opType) {
    case 'Squeeze':
    case 'Unsqueeze':
    case 'ReduceSum':
      return withListInput(node, 'axes', rewriting);
    case 'Split':
      return withListInput(node, 'split', rewriting);
    case 'Softmax':
    case 'LogSoftmax':
      return overOneAxis(node, rewriting);
    case 'Dropout':
      return without(node, 'ratio');
    case 'Resize':
      // Gone since set 13.
      return stringAttribute(node, 'coordinate_transformation_mode', '') === 'tf_half_pixel_for_nn'
        ? undefined
        : node;
    default:
      return node;
  }
}

/** What was an attribute is an input: axes and sizes of parts from set 13 on, the axes of other reductions from 18 on. */
function withListInput(node: Node, list: 'axes' | 'split', { constant }: Rewriting): Node {
  if (!node.attributes.has(list)) return node;
  const name = constant(`${node.outputs[0]!}/${list}`, int64Tensor(intsAttribute(node, list, [])));
  return { ...without(node, list), inputs: [node.inputs[0]!, name] };
}

/** Up to set 12 it went over all axes from that one on. */
function overOneAxis(node: Node, { dims }: Rewriting): Node | undefined {
  const sizes = dims(node.inputs[0]!);
  if (sizes === undefined) return undefined;
  const given = intAttribute(node, 'axis', 1);
  const axis = given < 0 ? given + sizes.length : given;
  const isOne = sizes.slice(axis + 1).every((size) => size === 1);
  return isOne ? withAttribute(node, 'axis', { type: 'int', value: BigInt(axis) }) : undefined;
}

function without(node: Node, attribute: string): Node {
  return { ...node, attributes: new Map([...node.attributes].filter(([name]) => name !== attribute)) };
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

const reductions: ReadonlySet<string> = new Set(
  'ReduceL1 ReduceL2 ReduceLogSum ReduceLogSumExp ReduceMax ReduceMean ReduceMin ReduceProd ReduceSumSquare'.split(
    ' ',
  ),
);

/** Operators whose nodes mean the same in sets 11 to 21, but for what is rewritten above. */
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
