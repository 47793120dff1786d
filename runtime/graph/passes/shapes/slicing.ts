import { intAttribute, intsAttribute } from '../../graph.js';
import { nodeAxes } from './axes.js';
import {
  constantInts,
  constantNumbers,
  fail,
  inputType,
  type NodeView,
  normalAxis,
  type RuleTable,
  type ShapeRule,
} from './rule.js';

/** Where a Slice starts on an axis, how far it steps and how many elements it takes. */
export interface SliceRange {
  readonly start: number;
  readonly step: number;
  readonly count: number;
}

/** Returns the range that a Slice takes of each axis. Source: https://onnx.ai/onnx/operators/onnx__Slice.html */
export function sliceRanges(view: NodeView): SliceRange[] {
  const { dims } = inputType(view, 0);
  const starts = constantNumbers(view, 1);
  const ends = constantNumbers(view, 2);
  const axes = nodeAxes(view, 3, dims.length) ?? [...starts.keys()];
  const steps = constantInts(view, 4);
  const ranges = dims.map((size): SliceRange => ({ start: 0, step: 1, count: size }));
  for (const [index, axis] of axes.entries()) {
    const size = dims[axis]!;
    const step = steps?.[index] ?? 1;
    if (step === 0) fail(view, 'has a step of 0');
    // A backward slice may start on the last element and end before the first.
    const [lowest, highest] = step > 0 ? [0, size] : [-1, size - 1];
    const clamp = (position: number): number => Math.min(highest, Math.max(lowest, position));
    const fromFront = (position: number): number => (position < 0 ? position + size : position);
    const start = Math.max(0, clamp(fromFront(starts[index]!)));
    const count = Math.max(0, Math.ceil((clamp(fromFront(ends[index]!)) - start) / step));
    ranges[axis] = { start, step, count };
  }
  return ranges;
}

const slice: ShapeRule = (view) => [
  { dtype: inputType(view, 0).dtype, dims: sliceRanges(view).map(({ count }) => count) },
];

const split: ShapeRule = (view) => {
  const { dtype, dims } = inputType(view, 0);
  const axis = normalAxis(view, intAttribute(view.node, 'axis', 0), dims.length);
  const size = dims[axis]!;
  const count = view.node.outputs.length;
  const attribute = intsAttribute(view.node, 'split', []);
  const given = attribute.length > 0 ? attribute : constantInts(view, 1);
  const chunk = Math.ceil(size / count);
  const sizes = given ?? Array.from({ length: count }, (_, index) => Math.min(chunk, size - index * chunk));
  if (sizes.length !== count || sizes.reduce((sum, part) => sum + part, 0) !== size) {
    fail(view, `parts [${sizes}] do not make up axis ${axis} of [${dims}] in ${count} outputs`);
  }
  return sizes.map((part) => ({ dtype, dims: dims.with(axis, part) }));
};

const gather: ShapeRule = (view) => {
  const { dtype, dims } = inputType(view, 0);
  const axis = normalAxis(view, intAttribute(view.node, 'axis', 0), dims.length);
  return [{ dtype, dims: [...dims.slice(0, axis), ...inputType(view, 1).dims, ...dims.slice(axis + 1)] }];
};

const pad: ShapeRule = (view) => {
  const { dtype, dims } = inputType(view, 0);
  const pads = constantNumbers(view, 1);
  const axes = nodeAxes(view, 3, dims.length) ?? [...dims.keys()];
  if (pads.length !== 2 * axes.length) fail(view, `${pads.length} pads do not fit ${axes.length} axes`);
  const padded = [...dims];
  for (const [index, axis] of axes.entries()) padded[axis]! += pads[index]! + pads[index + axes.length]!;
  return [{ dtype, dims: padded }];
};

/** Operators that take or add parts of axes. */
export const slicingRules: RuleTable = { Slice: slice, Split: split, Gather: gather, Pad: pad };
