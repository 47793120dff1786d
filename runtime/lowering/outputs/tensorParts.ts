import { type Graph, intAttribute, intsAttribute, type Node } from '../../graph/graph.js';
import { rowMajorStrides } from '../../graph/passes/constants/elements.js';
import { viewNode } from '../../graph/passes/nodeView.js';
import type { NodeView, TensorType } from '../../graph/passes/shapes/rule.js';
import { sliceRanges } from '../../graph/passes/shapes/slicing.js';
import { fixedDims, tensorTypes } from '../../graph/tensorTypes.js';
import { joinedParts, type Parts, reshapedParts, slicedParts, transposedParts } from './movedParts.js';

/** In which parts the tensors of a graph lie, as its nodes are added in order. */
export class TensorParts {
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

/** Returns the dimensions `[1, H, W, C]` of features `[1, C, H, W]`. */
export function lastDims([batch, channels, height, width]: readonly number[]): number[] {
  return [batch!, height!, width!, channels!];
}
