import { intAttribute, intsAttribute } from '../../graph.js';
import { elementCount } from '../../tensor.js';
import { nodeAxes } from './axes.js';
import {
  constantNumbers,
  fail,
  inputType,
  type NodeView,
  normalAxis,
  type RuleTable,
  type ShapeRule,
} from './rule.js';

/** 0 copies the input's dimension (unless `allowzero`); one -1 takes what is left. */
const reshape: ShapeRule = (view) => {
  const { dtype, dims } = inputType(view, 0);
  const keepZero = intAttribute(view.node, 'allowzero', 0) === 1;
  const asked = constantNumbers(view, 1).map((size, axis) =>
    size === 0 && !keepZero ? (dims[axis] ?? 0) : size,
  );
  const known = elementCount(asked.filter((size) => size !== -1));
  const left = elementCount(dims) / known;
  const result = asked.map((size) => (size === -1 ? left : size));
  if (elementCount(result) !== elementCount(dims) || !result.every(Number.isInteger)) {
    fail(view, `[${dims}] does not reshape to [${constantNumbers(view, 1)}]`);
  }
  return [{ dtype, dims: result }];
};

const transpose: ShapeRule = (view) => {
  const { dtype, dims } = inputType(view, 0);
  const order = intsAttribute(view.node, 'perm', [...dims.keys()].reverse());
  if (order.length !== dims.length) fail(view, `permutation [${order}] does not fit [${dims}]`);
  return [{ dtype, dims: order.map((axis) => dims[axis] ?? fail(view, `no axis ${axis} in [${dims}]`)) }];
};

const flatten: ShapeRule = (view) => {
  const { dtype, dims } = inputType(view, 0);
  const asked = intAttribute(view.node, 'axis', 1);
  const axis = asked < 0 ? asked + dims.length : asked;
  return [{ dtype, dims: [elementCount(dims.slice(0, axis)), elementCount(dims.slice(axis))] }];
};

const squeeze: ShapeRule = (view) => {
  const { dtype, dims } = inputType(view, 0);
  const axes = nodeAxes(view, 1, dims.length) ?? [...dims.keys()].filter((axis) => dims[axis] === 1);
  if (axes.some((axis) => dims[axis] !== 1)) fail(view, `axes [${axes}] of [${dims}] are not all 1`);
  return [{ dtype, dims: dims.filter((_, axis) => !axes.includes(axis)) }];
};

const unsqueeze: ShapeRule = (view) => {
  const { dtype, dims } = inputType(view, 0);
  const count = view.constants[1]?.data.length ?? intsAttribute(view.node, 'axes', []).length;
  const axes = nodeAxes(view, 1, dims.length + count) ?? fail(view, 'names no axes');
  const rest = [...dims];
  const result = Array.from({ length: dims.length + count }, (_, axis) =>
    axes.includes(axis) ? 1 : rest.shift()!,
  );
  return [{ dtype, dims: result }];
};

const shape: ShapeRule = (view) => {
  const { dims } = inputType(view, 0);
  const start = intAttribute(view.node, 'start', 0);
  const end = intAttribute(view.node, 'end', dims.length);
  return [{ dtype: 'int64', dims: [dims.slice(start, end).length] }];
};

const expand: ShapeRule = (view) => {
  const { dtype, dims } = inputType(view, 0);
  const asked = constantNumbers(view, 1);
  const rank = Math.max(dims.length, asked.length);
  const at = (sizes: readonly number[], axis: number): number => sizes[axis - rank + sizes.length] ?? 1;
  return [
    { dtype, dims: Array.from({ length: rank }, (_, axis) => Math.max(at(dims, axis), at(asked, axis))) },
  ];
};

/** ReduceMean and its kin. */
const reduce: ShapeRule = (view) => {
  const { dtype, dims } = inputType(view, 0);
  const named = nodeAxes(view, 1, dims.length) ?? [];
  if (named.length === 0 && intAttribute(view.node, 'noop_with_empty_axes', 0) === 1)
    return [{ dtype, dims }];
  const axes = named.length > 0 ? named : [...dims.keys()];
  const keep = intAttribute(view.node, 'keepdims', 1) === 1;
  const reduced = dims.map((size, axis) => (axes.includes(axis) ? 1 : size));
  return [{ dtype, dims: keep ? reduced : reduced.filter((_, axis) => !axes.includes(axis)) }];
};

const concat: ShapeRule = (view) => {
  const { dtype, dims } = inputType(view, 0);
  const axis = normalAxis(view, intAttribute(view.node, 'axis', 0), dims.length);
  const parts = view.types.map((_, index) => inputType(view, index).dims);
  for (const part of parts) {
    const fits = part.length === dims.length && part.every((size, at) => at === axis || size === dims[at]);
    if (!fits) fail(view, `[${part}] does not join [${dims}] along axis ${axis}`);
  }
  const joined = parts.reduce((sum, part) => sum + part[axis]!, 0);
  return [{ dtype, dims: dims.with(axis, joined) }];
};

/** Blocks of pixels become channels. Source: https://onnx.ai/onnx/operators/onnx__SpaceToDepth.html */
const spaceToDepth: ShapeRule = (view) => {
  const { dtype, dims } = inputType(view, 0);
  const [batch, channels, height, width] = fourDims(view, dims);
  const block = blockSize(view);
  if (height % block !== 0 || width % block !== 0) fail(view, `[${dims}] has no whole blocks of ${block}`);
  return [{ dtype, dims: [batch, channels * block ** 2, height / block, width / block] }];
};

/** Channels become blocks of pixels. Source: https://onnx.ai/onnx/operators/onnx__DepthToSpace.html */
const depthToSpace: ShapeRule = (view) => {
  const { dtype, dims } = inputType(view, 0);
  const [batch, channels, height, width] = fourDims(view, dims);
  const block = blockSize(view);
  if (channels % block ** 2 !== 0) fail(view, `${channels} channels do not make blocks of ${block}`);
  return [{ dtype, dims: [batch, channels / block ** 2, height * block, width * block] }];
};

function fourDims(view: NodeView, dims: readonly number[]): readonly [number, number, number, number] {
  if (dims.length !== 4) fail(view, `expected four dimensions, got [${dims}]`);
  return dims as unknown as readonly [number, number, number, number];
}

function blockSize(view: NodeView): number {
  const block = intAttribute(view.node, 'blocksize', 0);
  return block >= 1 ? block : fail(view, 'names no size of blocks');
}

/** Operators that rearrange, join or reduce whole axes. */
export const reshapeRules: RuleTable = {
  Reshape: reshape,
  Transpose: transpose,
  Flatten: flatten,
  Squeeze: squeeze,
  Unsqueeze: unsqueeze,
  Shape: shape,
  Expand: expand,
  Concat: concat,
  SpaceToDepth: spaceToDepth,
  DepthToSpace: depthToSpace,
  ReduceMean: reduce,
  ReduceSum: reduce,
  ReduceMax: reduce,
  ReduceMin: reduce,
};
