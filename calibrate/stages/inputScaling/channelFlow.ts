import {
  consumers,
  type Graph,
  intAttribute,
  intsAttribute,
  type Node,
  type ValueInfo,
} from '../../../runtime/graph/graph.js';
import { fixedDims, tensorTypes } from '../../../runtime/graph/tensorTypes.js';
import { networkRegions } from '../../quantize/networkRegions.js';
import { ChannelClasses } from './channelClasses.js';
import { siluMuls } from './silu.js';

/** f(r x) = r f(x) for r > 0, channel by channel: what is scaled comes out scaled. */
const homogeneous = new Set([
  'Relu',
  'LeakyRelu',
  'PRelu',
  'MaxPool',
  'AveragePool',
  'GlobalAveragePool',
  'GlobalMaxPool',
  'Resize',
  'Upsample',
  'Identity',
  'Dropout',
]);

/**
 * Returns which channels of `graph` must be scaled alike so that scaling leaves the network's outputs as they are. A
 * convolution parts classes, for its weights take up any factor on either side; what carries channels on joins them; all
 * else, the network's inputs and its prediction outputs are pinned.
 *
 * @param options.throughSilu a SiLU carries channels on, its sigmoid's input multiplied back (`foldScaling`)
 */
export function channelClasses(graph: Graph, { throughSilu }: { throughSilu: boolean }): ChannelClasses {
  const types = tensorTypes(graph);
  const channels = new Map<string, number>();
  for (const [name, type] of types) {
    const dims = fixedDims(type);
    if (type.dtype === 'float32' && dims?.length === 4 && dims[0] === 1 && !graph.initializers.has(name)) {
      channels.set(name, dims[1]!);
    }
  }
  const classes = new ChannelClasses(channels);
  const flow = new Flow(graph, classes, throughSilu);
  for (const { name } of [...graph.inputs, ...graph.outputs]) classes.pin(name);
  const regions = networkRegions(graph);
  for (const node of graph.nodes) {
    flow.join(node);
    if (regions.get(node) === 'prediction') for (const output of node.outputs) classes.pin(output);
  }
  return classes;
}

class Flow {
  readonly #readers: ReadonlyMap<string, Node[]>;
  readonly #types: ReadonlyMap<string, ValueInfo>;
  readonly #silus: ReadonlyMap<Node, string>;
  readonly #sigmoids: ReadonlySet<string>;
  readonly #shuffled = new Set<Node>();

  constructor(
    readonly graph: Graph,
    readonly classes: ChannelClasses,
    throughSilu: boolean,
  ) {
    this.#readers = consumers(graph);
    this.#types = tensorTypes(graph);
    this.#silus = throughSilu ? siluMuls(graph) : new Map();
    this.#sigmoids = new Set(
      [...this.#silus].map(([mul, input]) => mul.inputs.find((name) => name !== input)!),
    );
  }

  join(node: Node): void {
    if (this.#shuffled.has(node) || this.#carries(node)) return;
    for (const tensor of [...node.inputs, ...node.outputs]) this.classes.pin(tensor);
  }

  /** Joins what the node carries on; false where its channels have to stay as they are. */
  #carries(node: Node): boolean {
    const [input = ''] = node.inputs;
    const [output = ''] = node.outputs;
    if (homogeneous.has(node.opType)) {
      this.classes.joinAll(input, output);
      return true;
    }
    switch (node.opType) {
      case 'Conv':
        return this.#partsConv(node);
      case 'Add':
      case 'Sub':
      case 'Sum':
      case 'Max':
      case 'Min':
        return this.#joinsEqual(node);
      case 'Concat':
        return this.#joinsConcat(node);
      case 'Split':
        return this.#joinsSplit(node);
      case 'Slice':
        return this.#joinsSlice(node);
      case 'Reshape':
        return this.#joinsShuffle(node);
      case 'Mul':
      case 'Div':
        return this.#joinsProduct(node);
      case 'Sigmoid':
        this.classes.pin(output);
        return this.#sigmoids.has(output);
      default:
        return false;
    }
  }

  /** Weights and bias of a convolution take up any factor, but where something else reads them too. */
  #partsConv(node: Node): boolean {
    for (const constant of node.inputs.slice(1).filter((name) => name !== '')) {
      const users = this.#readers.get(constant)!;
      if (!this.graph.initializers.has(constant) || users.some(({ opType }) => opType !== 'Conv'))
        return false;
      // Convolutions that share it are scaled alike.
      this.classes.joinAll(node.inputs[0]!, users[0]!.inputs[0]!);
      this.classes.joinAll(node.outputs[0]!, users[0]!.outputs[0]!);
    }
    return true;
  }

  /** Sums, and what chooses among its operands: all of them scaled alike. A constant operand pins, and so does broadcasting. */
  #joinsEqual({ inputs, outputs }: Node): boolean {
    const shapes = new Set([...inputs, ...outputs].map((name) => this.#dims(name)?.join()));
    const isConstant = inputs.some((input) => this.graph.initializers.has(input));
    if (shapes.size > 1 || isConstant) return false;
    for (const input of inputs) this.classes.joinAll(input, outputs[0]!);
    return true;
  }

  #joinsConcat(node: Node): boolean {
    const [output = ''] = node.outputs;
    if (axisOf(node, 1) !== 1) {
      for (const input of node.inputs) this.classes.joinAll(input, output);
      return true;
    }
    if (node.inputs.some((input) => this.classes.channelsOf(input) === 0)) return false;
    let start = 0;
    for (const input of node.inputs) start = this.#joinRun(input, output, start);
    return true;
  }

  #joinsSplit(node: Node): boolean {
    if (axisOf(node, 0) !== 1) return false;
    let start = 0;
    for (const output of node.outputs) start = this.#joinRun(output, node.inputs[0]!, start);
    return true;
  }

  /** Joins the channels of `part` to those of `whole` from `start` on; returns where they end. */
  #joinRun(part: string, whole: string, start: number): number {
    const count = this.classes.channelsOf(part);
    for (let channel = 0; channel < count; channel++) {
      this.classes.join({ tensor: part, channel }, { tensor: whole, channel: start + channel });
    }
    return start + count;
  }

  #joinsSlice({ inputs, outputs }: Node): boolean {
    const [input = ''] = inputs;
    const [output = ''] = outputs;
    const [starts, , axes, steps] = inputs.slice(1).map((name) => this.#constant(name));
    if (!starts || !axes || steps?.some((step) => step < 1)) return false;
    const place = axes.findIndex((axis) => axis === 1 || axis === -3);
    const channels = this.classes.channelsOf(input);
    const start = place < 0 ? 0 : starts[place]!;
    const first = Math.min(start < 0 ? start + channels : start, channels);
    const step = place < 0 ? 1 : (steps?.[place] ?? 1);
    for (let channel = 0; channel < this.classes.channelsOf(output); channel++) {
      this.classes.join({ tensor: output, channel }, { tensor: input, channel: first + channel * step });
    }
    return true;
  }

  /** A channel shuffle: `[1, g, c, H, W]` with the middle two transposed. */
  #joinsShuffle(node: Node): boolean {
    const transpose = this.#onlyReader(node);
    const back = transpose && this.#onlyReader(transpose);
    if (transpose?.opType !== 'Transpose' || back?.opType !== 'Reshape') return false;
    const [input, output] = [node.inputs[0]!, back.outputs[0]!];
    const [inputDims, dims] = [this.#dims(input), this.#dims(node.outputs[0]!)];
    const isSwap = intsAttribute(transpose, 'perm', []).join() === '0,2,1,3,4';
    if (!isSwap || dims?.length !== 5 || inputDims?.join() !== this.#dims(output)?.join()) return false;
    const [, groups, width] = dims;
    if (groups! * width! !== inputDims?.[1]) return false;
    for (let group = 0; group < groups!; group++) {
      for (let i = 0; i < width!; i++) {
        const from = { tensor: input, channel: group * width! + i };
        this.classes.join(from, { tensor: output, channel: i * groups! + group });
      }
    }
    for (const step of [transpose, back]) this.#shuffled.add(step);
    return true;
  }

  /** A SiLU, a gate (`[1, C, 1, 1]`, itself not scaled) or a constant factor: the product is scaled as its input is. */
  #joinsProduct(node: Node): boolean {
    const [left = '', right = ''] = node.inputs;
    const [output = ''] = node.outputs;
    const silu = this.#silus.get(node);
    if (silu !== undefined) {
      this.classes.joinAll(silu, output);
      return true;
    }
    const isFactor = (name: string) => this.graph.initializers.has(name) || this.#isGate(name);
    const [scaled, factor] = node.opType === 'Mul' && isFactor(left) ? [right, left] : [left, right];
    if (!isFactor(factor)) return false;
    this.classes.pin(factor);
    this.classes.joinAll(scaled, output);
    return true;
  }

  #isGate(name: string): boolean {
    const dims = this.#dims(name);
    return dims?.length === 4 && dims[2] === 1 && dims[3] === 1;
  }

  #onlyReader({ outputs }: Node): Node | undefined {
    const readers = this.#readers.get(outputs[0]!) ?? [];
    return readers.length === 1 ? readers[0] : undefined;
  }

  #dims(name: string): readonly number[] | undefined {
    return this.graph.initializers.get(name)?.dims ?? fixedDims(this.#types.get(name));
  }

  #constant(name: string): readonly number[] | undefined {
    const tensor = this.graph.initializers.get(name);
    return tensor && Array.from(tensor.data as BigInt64Array | Int32Array, Number);
  }
}

/** The axis of a node over a tensor of four dimensions. */
function axisOf(node: Node, fallback: number): number {
  const axis = intAttribute(node, 'axis', fallback);
  return axis < 0 ? axis + 4 : axis;
}
