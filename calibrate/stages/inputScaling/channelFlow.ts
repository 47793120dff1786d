import { namesRead } from '../../../runtime/graph/codec/capturedNames.js';
import {
  consumers,
  type Graph,
  type Node,
  stringAttribute,
  type ValueInfo,
} from '../../../runtime/graph/graph.js';
import { fixedDims, tensorTypes } from '../../../runtime/graph/tensorTypes.js';
import { networkRegions } from '../../quantize/networkRegions.js';
import { ChannelClasses } from './channelClasses.js';
import { channelMoves } from './channelMoves.js';
import { selfGatedProducts } from './selfGated.js';

/** f(r x) = r f(x) for r > 0, channel by channel, x being the first input: what is scaled comes out scaled. */
const homogeneous = new Set([
  'Relu',
  'LeakyRelu',
  'PRelu',
  'Abs',
  'Neg',
  'MaxPool',
  'AveragePool',
  'GlobalAveragePool',
  'GlobalMaxPool',
  'ReduceMean',
  'ReduceMax',
  'Resize',
  'Upsample',
  'Identity',
  'Dropout',
]);
/** What all operands of must be scaled alike, and the output with them. */
const sums = new Set(['Add', 'Sub', 'Sum', 'Max', 'Min']);
/** What makes the gate of a product where both operands have the product's shape. */
const gates = new Set(['Sigmoid', 'HardSigmoid', 'Softmax', 'Tanh', 'Clip']);

/**
 * Returns which channels of `graph` must be scaled alike so that scaling leaves the network's outputs as they are. A
 * convolution parts classes, for its weights take up any factor on either side; what carries channels on joins them; all
 * else (ReLU6, tanh, softmax, ...), the network's inputs, its prediction outputs and what lies behind them are pinned.
 *
 * A squeeze-and-excite branch reads a class through its global pool, ends in a pinned gate, and the product of the two
 * belongs to the class: scaled features, the same gate.
 *
 * A self-gated activation carries channels on, its gate's input multiplied back (`foldScaling`).
 *
 * @param graph from `prepareGraph`
 */
export function channelClasses(graph: Graph): ChannelClasses {
  const classes = new ChannelClasses(channelCounts(graph));
  const flow = new ChannelFlow(graph, classes);
  for (const { name } of [...graph.inputs, ...graph.outputs]) classes.pin(name);
  const regions = networkRegions(graph);
  for (const node of graph.nodes) {
    flow.join(node);
    const isScaled = regions.get(node) === 'head' || regions.get(node) === 'body';
    if (!isScaled) for (const output of node.outputs) classes.pin(output);
  }
  return classes;
}

/** Channels of the tensors that can be scaled: `[1, C, H, W]`, computed. */
function channelCounts(graph: Graph): Map<string, number> {
  const counts = new Map<string, number>();
  for (const [name, type] of tensorTypes(graph)) {
    const dims = fixedDims(type);
    const isImage = type.dtype === 'float32' && dims?.length === 4 && dims[0] === 1;
    if (isImage && !graph.initializers.has(name)) counts.set(name, dims[1]!);
  }
  return counts;
}

class ChannelFlow {
  readonly #graph: Graph;
  readonly #classes: ChannelClasses;
  readonly #readers: ReadonlyMap<string, Node[]>;
  readonly #types: ReadonlyMap<string, ValueInfo>;
  /** Products of self-gated activations and their inputs. */
  readonly #selfGated: ReadonlyMap<Node, string>;
  /** Outputs of their gates. */
  readonly #selfGates: ReadonlySet<string>;
  readonly #gates: ReadonlySet<string>;
  readonly #movesOf: ReturnType<typeof channelMoves>;
  /** The nodes of channel shuffles behind their first. */
  readonly #passed = new Set<Node>();

  constructor(graph: Graph, classes: ChannelClasses) {
    this.#graph = graph;
    this.#classes = classes;
    this.#readers = consumers(graph);
    this.#types = tensorTypes(graph);
    this.#selfGated = selfGatedProducts(graph);
    this.#selfGates = new Set(
      [...this.#selfGated].map(([mul, input]) => mul.inputs.find((name) => name !== input)!),
    );
    this.#gates = new Set(
      graph.nodes.filter(({ opType }) => gates.has(opType)).flatMap(({ outputs }) => outputs),
    );
    this.#movesOf = channelMoves(graph, (node) => this.#onlyReader(node));
  }

  /** Joins what the node carries on; pins what it reads and makes where that cannot be scaled. */
  join(node: Node): void {
    if (this.#passed.has(node) || (node.domain === '' && this.#carries(node))) return;
    for (const tensor of [...namesRead(node), ...node.outputs]) this.#classes.pin(tensor);
  }

  #carries(node: Node): boolean {
    const { opType, inputs, outputs } = node;
    if (homogeneous.has(opType) || isZeroPad(node, this.#graph)) {
      this.#classes.joinAll(inputs[0]!, outputs[0]!);
      for (const parameter of inputs.slice(1)) this.#classes.pin(parameter);
      return true;
    }
    if (sums.has(opType)) return this.#sum(node);
    if (opType === 'Conv') return this.#conv(node);
    if (opType === 'Mul' || opType === 'Div') return this.#product(node);
    if (this.#selfGates.has(outputs[0]!)) {
      this.#classes.pin(outputs[0]!);
      return true;
    }
    const moves = this.#movesOf(node);
    for (const move of moves ?? []) this.#classes.join(move);
    if (moves && opType === 'Reshape') this.#passShuffle(node);
    return moves !== undefined;
  }

  /** Weights and bias take up any factor, unless something else reads them too; convolutions that share them scale alike. */
  #conv({ inputs: [input = '', ...constants], outputs: [output = ''] }: Node): boolean {
    for (const [i, constant] of constants.entries()) {
      if (constant === '' || (i > 0 && this.#isZero(constant))) continue;
      const users = this.#readers.get(constant)!;
      const isTheirs = users.every(({ opType, inputs }) => opType === 'Conv' && inputs[i + 1] === constant);
      if (!this.#graph.initializers.has(constant) || !isTheirs) return false;
      for (const user of users) {
        if (i === 0) this.#classes.joinAll(input, user.inputs[0]!);
        this.#classes.joinAll(output, user.outputs[0]!);
      }
    }
    return true;
  }

  /** Broadcasting pins, and so does a constant operand. */
  #sum({ inputs, outputs: [output = ''] }: Node): boolean {
    const shape = String(this.#dims(output));
    const isAlike = (input: string) =>
      String(this.#dims(input)) === shape && !this.#graph.initializers.has(input);
    if (!inputs.every(isAlike)) return false;
    for (const input of inputs) this.#classes.joinAll(input, output);
    return true;
  }

  /** A self-gated activation, or a factor (a gate, a mask, a constant), itself pinned: the product is scaled as the other operand is. */
  #product(node: Node): boolean {
    const [left = '', right = ''] = node.inputs;
    const [output = ''] = node.outputs;
    const gated = this.#selfGated.get(node);
    if (gated !== undefined) {
      this.#classes.joinAll(gated, output);
      return true;
    }
    const isFactor = (name: string) =>
      this.#graph.initializers.has(name) ||
      this.#gates.has(name) ||
      String(this.#dims(name)) !== String(this.#dims(output));
    const [scaled, factor] = node.opType === 'Mul' && isFactor(left) ? [right, left] : [left, right];
    if (!isFactor(factor)) return false;
    this.#classes.pin(factor);
    this.#classes.joinAll(scaled, output);
    return true;
  }

  #passShuffle(first: Node): void {
    const transpose = this.#onlyReader(first)!;
    this.#passed.add(transpose).add(this.#onlyReader(transpose)!);
  }

  /** `undefined` also where the network itself returns what the node makes. */
  #onlyReader({ outputs }: Node): Node | undefined {
    const readers = this.#readers.get(outputs[0]!) ?? [];
    const isReturned = this.#graph.outputs.some(({ name }) => name === outputs[0]);
    return readers.length === 1 && !isReturned ? readers[0] : undefined;
  }

  #isZero(name: string): boolean {
    return this.#graph.initializers.get(name)?.data.every((value) => Number(value) === 0) ?? false;
  }

  #dims(name: string): readonly number[] | undefined {
    return fixedDims(this.#types.get(name));
  }
}

/** Padding with zeros, which no factor changes. */
function isZeroPad(node: Node, graph: Graph): boolean {
  if (node.opType !== 'Pad' || stringAttribute(node, 'mode', 'constant') !== 'constant') return false;
  const value = node.inputs[2];
  return !value || graph.initializers.get(value)?.data[0] === 0;
}
