import { AgentError, type ErrorCode } from '../../../errors.js';
import { type Node, nodeLabel } from '../../graph.js';
import type { DataType, Tensor } from '../../tensor.js';

/** Element type and fixed dimensions of a tensor. */
export interface TensorType {
  readonly dtype: DataType;
  readonly dims: readonly number[];
}

/** What a shape rule sees of its node. */
export interface NodeView {
  readonly node: Node;
  /** Types of the inputs; undefined for an absent optional input. */
  readonly types: readonly (TensorType | undefined)[];
  /** Values of the inputs that are known without running the graph. */
  readonly constants: readonly (Tensor | undefined)[];
}

/** Returns the types of a node's outputs, in order. */
export type ShapeRule = (view: NodeView) => readonly TensorType[];

export type RuleTable = Readonly<Record<string, ShapeRule>>;

/** Returns the type of input `index`, which the operator needs. */
export function inputType(view: NodeView, index: number): TensorType {
  return view.types[index] ?? fail(view, `needs input ${index}`);
}

/** Returns the integers of constant input `index`, or undefined where that input is absent. */
export function constantInts(view: NodeView, index: number): number[] | undefined {
  if (view.types[index] === undefined) return undefined;
  return constantNumbers(view, index);
}

/** Returns the values of constant input `index`, which the operator needs to know its output shape. */
export function constantNumbers(view: NodeView, index: number): number[] {
  const constant = view.constants[index];
  if (constant === undefined) {
    return fail(view, `input ${index} decides the output's shape but is no constant`, 'op_unsupported');
  }
  return Array.from(constant.data, Number);
}

/** Returns `axis` counted from the front. Negative axes count from the back. */
export function normalAxis(view: NodeView, axis: number, rank: number): number {
  const normal = axis < 0 ? axis + rank : axis;
  return normal >= 0 && normal < rank ? normal : fail(view, `axis ${axis} is outside rank ${rank}`);
}

/** Throws an error that names the node, with what its inputs are and nothing of what they hold. */
export function fail(view: NodeView, what: string, code: ErrorCode = 'shape_mismatch'): never {
  const label = nodeLabel(view.node);
  // The type of a constant is its tensor.
  const got = view.types.map((type) => type && { dtype: type.dtype, dims: type.dims });
  throw new AgentError(code, `${label}: ${what}`, { detail: { where: label, got } });
}
