import { intAttribute } from '../../graph.js';
import { elementCount, type Tensor } from '../../tensor.js';
import { nodeAxes } from '../shapes/axes.js';
import { allocate, coordinates, offsetOf, rowMajorStrides } from './elements.js';
import type { Evaluate } from './evaluate.js';

/** Returns what evaluates a function of each float. */
function ofEach(of: (x: number) => number): Evaluate {
  return ({ constants: [input] }, output) => (isFloat(input) ? mapped(input, output, of) : undefined);
}

const clip: Evaluate = ({ constants: [input, low, high] }, output) => {
  if (!isFloat(input)) return undefined;
  const min = Number(low?.data[0] ?? Number.NEGATIVE_INFINITY);
  const max = Number(high?.data[0] ?? Number.POSITIVE_INFINITY);
  return mapped(input, output, (x) => Math.min(max, Math.max(min, x)));
};

/** Source: https://onnx.ai/onnx/operators/onnx__ReduceSum.html */
const reduceSum: Evaluate = (view, output) => {
  const [input] = view.constants;
  if (!isFloat(input)) return undefined;
  const rank = input.dims.length;
  const named = nodeAxes(view, 1, rank) ?? [];
  // Without axes all are meant, or by an attribute none.
  if (named.length === 0 && intAttribute(view.node, 'noop_with_empty_axes', 0) === 1) return undefined;
  const axes = new Set(named.length > 0 ? named : input.dims.keys());
  const kept = input.dims.map((size, axis) => (axes.has(axis) ? 1 : size));
  const strides = rowMajorStrides(kept);
  const sums = new Float64Array(elementCount(output.dims));
  for (const [index, at] of coordinates(input.dims)) {
    const place = at.map((position, axis) => (axes.has(axis) ? 0 : position));
    sums[offsetOf(place, strides)]! += Number(input.data[index]);
  }
  const data = allocate(output);
  for (const [index, sum] of sums.entries()) data[index] = sum;
  return { ...output, data };
};

function isFloat(tensor: Tensor | undefined): tensor is Tensor {
  return tensor?.dtype === 'float32' || tensor?.dtype === 'float64';
}

function mapped(input: Tensor, output: Pick<Tensor, 'dtype' | 'dims'>, of: (x: number) => number): Tensor {
  const data = allocate(output);
  for (let index = 0; index < data.length; index++) data[index] = of(Number(input.data[index]));
  return { ...output, data };
}

export const elementwiseEvaluators: Readonly<Record<string, Evaluate>> = {
  Abs: ofEach(Math.abs),
  Ceil: ofEach(Math.ceil),
  Floor: ofEach(Math.floor),
  Neg: ofEach((x) => -x),
  Relu: ofEach((x) => Math.max(0, x)),
  Sqrt: ofEach(Math.sqrt),
  Clip: clip,
  ReduceSum: reduceSum,
};
