import { freshName } from '../../graph/freshName.js';
import { type Graph, intAttribute, intsAttribute, type Node, type ValueInfo } from '../../graph/graph.js';
import { rowMajorStrides } from '../../graph/passes/constants/elements.js';
import { viewNode } from '../../graph/passes/nodeView.js';
import { removeDeadNodes } from '../../graph/passes/removeDeadNodes.js';
import type { NodeView, TensorType } from '../../graph/passes/shapes/rule.js';
import { sliceRanges } from '../../graph/passes/shapes/slicing.js';
import { elementCount } from '../../graph/tensor.js';
import { fixedDims, tensorTypes } from '../../graph/tensorTypes.js';
import { joinedParts, type Parts, reshapedParts, slicedParts, transposedParts } from './movedParts.js';
import type { UnpackedOutput } from './unpackedOutput.js';

/** A graph that gives some of its outputs in pieces. */
export interface UnpackedGraph {
  readonly graph: Graph;
  /** The outputs that are in pieces now, by name: those pieces are outputs of the graph instead. */
  readonly unpacked: Readonly<Record<string, UnpackedOutput>>;
}

export interface UnpackOptions {
  /**
   * Tensors `[1, C, H, W]` whose makers leave the channels last, and which are given so. Outputs to which none of them leads stay
   * whole.
   */
  readonly features: Iterable<string>;
  /** Whether a name is given away beyond the graph. Default: none is. */
  readonly isTaken?: (name: string) => boolean;
}

/**
 * Returns the graph without what only moves its outputs together, and without the sigmoids in front of that or behind it: a head
 * that is read location by location reads pieces as well, and needs the sigmoid of few of its scores.
 *
 * @param graph all types known
 */
export function unpackOutputs(
  graph: Graph,
  { features, isTaken = () => false }: UnpackOptions,
): UnpackedGraph {
  const unpacking = new Unpacking(graph, new Set(features));
  for (const node of graph.nodes) unpacking.add(node);
  const outputs = worthwhile(graph, unpacking);
  const sources = new Set(Object.values(outputs).flatMap(({ parts }) => parts.map(({ source }) => source)));
  const types = tensorTypes(graph);
  const names = new Map<string, string>();
  const transposes: Node[] = [];
  const pieces: ValueInfo[] = [];
  for (const source of sources) {
    const dims = unpacking.dims(source)!;
    const isTransposed = unpacking.hasChannelsLast(source);
    const name = isTransposed
      ? freshName(`${source}/last`, (taken) => types.has(taken) || isTaken(taken))
      : source;
    if (isTransposed) transposes.push(channelsLast(source, name));
    names.set(source, name);
    pieces.push({ name, dtype: 'float32', dims: isTransposed ? lastDims(dims) : dims });
  }
  const unpacked = Object.entries(outputs).map(([name, { dims, parts }]) => {
    return [
      name,
      { dims, parts: parts.map((part) => ({ ...part, source: names.get(part.source)! })) },
    ] as const;
  });
  const whole = graph.outputs.filter(({ name }) => !(name in outputs) && !names.has(name));
  const inPieces = {
    ...{ ...graph, nodes: [...graph.nodes, ...transposes], outputs: [...whole, ...pieces] },
    values: new Map([...graph.values, ...graph.outputs.map((output) => [output.name, output] as const)]),
  };
  return { graph: removeDeadNodes(inPieces), unpacked: Object.fromEntries(unpacked) };
}

/**
 * Returns the outputs that are given in pieces: those of which all that is in the pieces is read, the largest first. Pieces of which
 * little is read would take longer to give than what is made of them.
 */
function worthwhile({ outputs }: Graph, unpacking: Unpacking): Record<string, UnpackedOutput> {
  const chosen: Record<string, UnpackedOutput> = {};
  const given = new Set<string>();
  const sizeOf = (name: string) => elementCount(unpacking.dims(name) ?? []);
  for (const { name } of outputs.toSorted((a, b) => sizeOf(b.name) - sizeOf(a.name))) {
    const parts = unpacking.partsOf(name);
    const sources = new Set(parts?.map(({ source }) => source));
    const added = [...sources].filter((source) => !given.has(source));
    const hasFeatures = [...sources].some((source) => unpacking.hasChannelsLast(source));
    if (!parts || !hasFeatures || added.reduce((sum, source) => sum + sizeOf(source), 0) > sizeOf(name))
      continue;
    for (const source of added) given.add(source);
    chosen[name] = { dims: unpacking.dims(name)!, parts };
  }
  return chosen;
}

/** What is known of a graph's tensors in pieces, node by node. */
class Unpacking {
  readonly #types = new Map<string, TensorType>();
  readonly #constants: Graph['initializers'];
  readonly #features: ReadonlySet<string>;
  readonly #parts = new Map<string, Parts>();

  constructor(graph: Graph, features: ReadonlySet<string>) {
    this.#constants = graph.initializers;
    this.#features = features;
    for (const [name, value] of tensorTypes(graph)) {
      const dims = fixedDims(value);
      if (dims !== undefined) this.#types.set(name, { dtype: value.dtype, dims });
    }
  }

  dims(name: string): readonly number[] | undefined {
    return this.#types.get(name)?.dims;
  }

  hasChannelsLast(name: string): boolean {
    return this.#features.has(name);
  }

  /** Returns the pieces of a tensor, which may be one; `undefined` for what is no float32 value of the network. */
  partsOf(name: string): Parts | undefined {
    const known = this.#parts.get(name);
    if (known !== undefined) return known;
    const type = this.#types.get(name);
    if (type?.dtype !== 'float32' || this.#constants.has(name)) return undefined;
    const { dims } = type;
    return [
      {
        source: name,
        start: 0,
        steps: this.hasChannelsLast(name)
          ? rowMajorStrides(lastDims(dims)).toSpliced(1, 0, 1).slice(0, 4)
          : rowMajorStrides(dims),
        firsts: dims.map(() => 0),
        sizes: dims,
        activation: 'none',
      },
    ];
  }

  /** What is made otherwise than by moving is a piece itself. */
  add(node: Node): void {
    if (node.domain !== '') return;
    const parts = this.#made(node);
    for (const [index, name] of node.outputs.entries()) {
      const made = parts?.[index];
      if (made !== undefined) this.#parts.set(name, made);
    }
  }

  #made(node: Node): readonly (Parts | undefined)[] | undefined {
    const [first = ''] = node.inputs;
    const parts = this.partsOf(first);
    const from = this.dims(first);
    const to = this.dims(node.outputs[0]!);
    if (parts === undefined || from === undefined || to === undefined) return undefined;
    switch (node.opType) {
      case 'Identity':
        return [parts];
      case 'Reshape':
      case 'Flatten':
      case 'Squeeze':
      case 'Unsqueeze':
        return [reshapedParts(parts, { from, to })];
      case 'Transpose':
        return [transposedParts(parts, intsAttribute(node, 'perm', [...from.keys()].toReversed()))];
      case 'Slice':
        return [slicedParts(parts, sliceRanges(this.#view(node)))];
      case 'Split':
        return this.#split(node, parts);
      case 'Concat':
        return [this.#joined(node)];
      case 'Sigmoid':
        return [withSigmoid(parts)];
      default:
        return undefined;
    }
  }

  #split(node: Node, parts: Parts): readonly (Parts | undefined)[] {
    const from = this.dims(node.inputs[0]!)!;
    const axis = axisOf(node, from);
    let start = 0;
    return node.outputs.map((output) => {
      const size = this.dims(output)![axis]!;
      const ranges = from
        .map((count) => ({ start: 0, step: 1, count }))
        .with(axis, { start, step: 1, count: size });
      start += size;
      return slicedParts(parts, ranges);
    });
  }

  #joined(node: Node): Parts | undefined {
    const axis = axisOf(node, this.dims(node.outputs[0]!)!);
    const tensors = node.inputs.map((name) => ({ parts: this.partsOf(name), size: this.dims(name)?.[axis] }));
    const isKnown = (tensor: (typeof tensors)[number]): tensor is { parts: Parts; size: number } =>
      tensor.parts !== undefined && tensor.size !== undefined;
    return tensors.every(isKnown) ? joinedParts(tensors, axis) : undefined;
  }

  #view(node: Node): NodeView {
    return viewNode(node, { types: this.#types, constants: this.#constants });
  }
}

function withSigmoid(parts: Parts): Parts | undefined {
  if (parts.some(({ activation }) => activation !== 'none')) return undefined;
  return parts.map((part) => ({ ...part, activation: 'sigmoid' as const }));
}

function axisOf(node: Node, { length }: readonly number[]): number {
  const axis = intAttribute(node, 'axis', 0);
  return axis < 0 ? axis + length : axis;
}

function lastDims([batch, channels, height, width]: readonly number[]): number[] {
  return [batch!, height!, width!, channels!];
}

function channelsLast(from: string, to: string): Node {
  return {
    name: '',
    opType: 'Transpose',
    domain: '',
    inputs: [from],
    outputs: [to],
    attributes: new Map([['perm', { type: 'ints', value: [0n, 2n, 3n, 1n] }]]),
  };
}
