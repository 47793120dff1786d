import { intAttribute } from '../../graph.js';
import { type DataType, elementCount, type Tensor } from '../../tensor.js';
import { inputType, type NodeView, type TensorType } from '../shapes/rule.js';
import { shapeRules } from '../shapes/rules.js';
import { sliceRanges } from '../shapes/slicing.js';
import { arithmetic } from './arithmetic.js';
import { constantValue } from './constantValue.js';
import { allocate, coordinates, offsetOf, rowMajorStrides } from './elements.js';
import { elementwiseEvaluators } from './elementwise.js';
import { fillingEvaluators } from './filling.js';

/** Returns the value of a node's first output, whose type the shape rule gave, or undefined. */
export type Evaluate = (view: NodeView, output: TensorType) => Tensor | undefined;

/**
 * Returns the first output of a node that depends on constants and shapes alone, else undefined. Covers what
 * exporters write to compute shapes; DequantizeLinear is left out on purpose, for a folded one would undo a
 * quantized model.
 */
export function evaluate(view: NodeView): Tensor | undefined {
  const { opType, domain } = view.node;
  const evaluator = domain === '' ? evaluators[opType] : undefined;
  const needed = opType === 'Shape' ? view.types : view.constants;
  if (
    evaluator === undefined ||
    view.node.inputs.some((name, index) => name !== '' && needed[index] === undefined)
  ) {
    return undefined;
  }
  const [output] = shapeRules[opType]!(view);
  return evaluator(view, output!);
}

const relabel: Evaluate = (view, { dims }) => {
  const input = view.constants[0];
  return input && { ...input, dims };
};

const shape: Evaluate = (view, output) => {
  const { dims } = inputType(view, 0);
  const start = intAttribute(view.node, 'start', 0);
  const end = intAttribute(view.node, 'end', dims.length);
  return { ...output, data: BigInt64Array.from(dims.slice(start, end), BigInt) };
};

/** Copies each output element from the input element that `source` names by its coordinates. */
function pick(
  input: Tensor,
  output: TensorType,
  source: (at: readonly number[]) => readonly number[],
): Tensor {
  const strides = rowMajorStrides(input.dims);
  const data = allocate(output);
  for (const [index, at] of coordinates(output.dims)) {
    data[index] = input.data[offsetOf(source(at), strides)]!;
  }
  return { ...output, data };
}

const gather: Evaluate = (view, output) => {
  const [input, indices] = view.constants;
  if (input === undefined || indices === undefined) return undefined;
  const axis = intAttribute(view.node, 'axis', 0);
  const at = axis < 0 ? axis + input.dims.length : axis;
  const strides = rowMajorStrides(indices.dims);
  return pick(input, output, (position) => {
    const inner = position.slice(at, at + indices.dims.length);
    const index = Number(indices.data[offsetOf(inner, strides)]!);
    const chosen = index < 0 ? index + input.dims[at]! : index;
    return [...position.slice(0, at), chosen, ...position.slice(at + indices.dims.length)];
  });
};

const slice: Evaluate = (view, output) => {
  const [input] = view.constants;
  if (input === undefined) return undefined;
  const ranges = sliceRanges(view);
  return pick(input, output, (at) => at.map((step, axis) => ranges[axis]!.start + step * ranges[axis]!.step));
};

const concat: Evaluate = (view, output) => {
  const parts = view.constants.filter((part) => part !== undefined);
  if (parts.length < view.types.length) return undefined;
  const asked = intAttribute(view.node, 'axis', 0);
  const axis = asked < 0 ? asked + output.dims.length : asked;
  const data = allocate(output);
  const outer = elementCount(output.dims.slice(0, axis));
  let written = 0;
  for (let row = 0; row < outer; row++) {
    for (const part of parts) {
      const length = part.data.length / outer;
      for (let index = row * length; index < (row + 1) * length; index++) data[written++] = part.data[index]!;
    }
  }
  return { ...output, data };
};

const cast: Evaluate = (view, output) => {
  const [input] = view.constants;
  if (input === undefined || input.dtype === 'float16' || output.dtype === 'float16') return undefined;
  const data = allocate(output);
  for (const [index, value] of input.data.entries()) {
    if (output.dtype === 'bool') data[index] = Number(Number(value) !== 0);
    else data[index] = isBig(output.dtype) ? BigInt(Math.trunc(Number(value))) : Number(value);
  }
  return { ...output, data };
};

/** Max and Min take any number of inputs; exporters write two. */
const ofTwo =
  (operation: Parameters<typeof arithmetic>[0]): Evaluate =>
  (view, output) =>
    view.node.inputs.length === 2 ? arithmetic(operation)(view, output) : undefined;

const evaluators: Readonly<Record<string, Evaluate>> = {
  Constant: ({ node }) => constantValue(node),
  Identity: relabel,
  Reshape: relabel,
  Flatten: relabel,
  Squeeze: relabel,
  Unsqueeze: relabel,
  Shape: shape,
  Gather: gather,
  Slice: slice,
  Concat: concat,
  Cast: cast,
  ...fillingEvaluators,
  ...elementwiseEvaluators,
  Add: arithmetic({ number: (x, y) => x + y, bigint: (x, y) => x + y }),
  Sub: arithmetic({ number: (x, y) => x - y, bigint: (x, y) => x - y }),
  Mul: arithmetic({ number: (x, y) => x * y, bigint: (x, y) => x * y }),
  Div: arithmetic({ number: (x, y) => x / y, bigint: (x, y) => x / y }),
  // biome-ignore lint/complexity/useMathMinMax: Math.max takes no bigint
  Max: ofTwo({ number: Math.max, bigint: (x, y) => (x > y ? x : y) }),
  // biome-ignore lint/complexity/useMathMinMax: Math.min takes no bigint
  Min: ofTwo({ number: Math.min, bigint: (x, y) => (x < y ? x : y) }),
};

function isBig(dtype: DataType): boolean {
  return dtype === 'int64' || dtype === 'uint64';
}
