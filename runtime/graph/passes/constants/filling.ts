import { intsAttribute } from '../../graph.js';
import { allocate, broadcastStrides, coordinates, offsetOf, rowMajorStrides } from './elements.js';
import type { Evaluate } from './evaluate.js';

const constantOfShape: Evaluate = ({ node }, output) => {
  const value = node.attributes.get('value');
  const data = allocate(output);
  if (value?.type !== 'tensor') return { ...output, data };
  const [filler] = value.value.data;
  for (let index = 0; index < data.length; index++) data[index] = filler!;
  return { ...output, data };
};

const range: Evaluate = ({ constants }, output) => {
  const [start, , delta] = constants.map((constant) => constant?.data[0]);
  if (start === undefined || delta === undefined || output.dtype === 'float16') return undefined;
  const data = allocate(output);
  for (let index = 0; index < data.length; index++) {
    data[index] =
      typeof start === 'bigint'
        ? start + BigInt(index) * (delta as bigint)
        : start + index * (delta as number);
  }
  return { ...output, data };
};

const expand: Evaluate = ({ constants }, output) => {
  const [input] = constants;
  if (input === undefined) return undefined;
  const strides = broadcastStrides(input.dims, output.dims);
  const data = allocate(output);
  for (const [index, position] of coordinates(output.dims))
    data[index] = input.data[offsetOf(position, strides)]!;
  return { ...output, data };
};

const transpose: Evaluate = ({ node, constants }, output) => {
  const [input] = constants;
  if (input === undefined) return undefined;
  const order = intsAttribute(node, 'perm', [...input.dims.keys()].reverse());
  const own = rowMajorStrides(input.dims);
  const strides = order.map((axis) => own[axis]!);
  const data = allocate(output);
  for (const [index, position] of coordinates(output.dims))
    data[index] = input.data[offsetOf(position, strides)]!;
  return { ...output, data };
};

const equal: Evaluate = ({ constants }, output) => {
  const [left, right] = constants;
  if (left === undefined || right === undefined || left.dtype === 'float16') return undefined;
  const strides = [left, right].map(({ dims }) => broadcastStrides(dims, output.dims));
  const data = allocate(output);
  for (const [index, position] of coordinates(output.dims)) {
    const x = left.data[offsetOf(position, strides[0]!)];
    data[index] = x === right.data[offsetOf(position, strides[1]!)] ? 1 : 0;
  }
  return { ...output, data };
};

const where: Evaluate = ({ constants }, output) => {
  const [condition, left, right] = constants;
  if (condition === undefined || left === undefined || right === undefined) return undefined;
  const strides = [condition, left, right].map(({ dims }) => broadcastStrides(dims, output.dims));
  const data = allocate(output);
  for (const [index, position] of coordinates(output.dims)) {
    const [choice, x, y] = strides.map((stride) => offsetOf(position, stride));
    data[index] = condition.data[choice!] ? left.data[x!]! : right.data[y!]!;
  }
  return { ...output, data };
};

/** Evaluators of what exporters write to lay out grids of anchors for an input of any size. */
export const fillingEvaluators: Readonly<Record<string, Evaluate>> = {
  ConstantOfShape: constantOfShape,
  Range: range,
  Expand: expand,
  Transpose: transpose,
  Equal: equal,
  Where: where,
};
