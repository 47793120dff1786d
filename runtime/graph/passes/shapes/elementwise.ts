import { dataTypeOf, onnxTypeName } from '../../codec/dataTypes.js';
import { intAttribute } from '../../graph.js';
import { broadcastDims } from './broadcast.js';
import { fail, inputType, type RuleTable, type ShapeRule } from './rule.js';

const sameAsInput: ShapeRule = (view) => [inputType(view, 0)];

const broadcast: ShapeRule = (view) => {
  const { dtype, dims } = inputType(view, 0);
  const all = view.types.slice(1).map((_, index) => inputType(view, index + 1).dims);
  const joined = all.reduce<readonly number[]>((left, right) => {
    return broadcastDims(left, right) ?? fail(view, `[${left}] and [${right}] do not broadcast`);
  }, dims);
  return [{ dtype, dims: joined }];
};

const cast: ShapeRule = (view) => {
  const to = intAttribute(view.node, 'to', 0);
  const dtype = dataTypeOf(to) ?? fail(view, `${onnxTypeName(to)} is not supported`, 'op_unsupported');
  return [{ dtype, dims: inputType(view, 0).dims }];
};

const unary = [
  ...[
    'Abs',
    'BatchNormalization',
    'Ceil',
    'Celu',
    'Clip',
    'Elu',
    'Erf',
    'Exp',
    'Floor',
    'Gelu',
    'HardSigmoid',
    'HardSwish',
    'InstanceNormalization',
    'LRN',
  ],
  ...[
    'Identity',
    'LeakyRelu',
    'Log',
    'LogSoftmax',
    'LpNormalization',
    'Mish',
    'Neg',
    'PRelu',
    'Reciprocal',
    'Relu',
    'Round',
    'Selu',
    'Sigmoid',
  ],
  ...['Softmax', 'Cos', 'Dropout', 'Sign', 'Sin', 'Softplus', 'Softsign', 'Sqrt', 'Tanh', 'ThresholdedRelu'],
];
const joining = ['Add', 'Sub', 'Mul', 'Div', 'Pow', 'Max', 'Min', 'Mod', 'Sum', 'Mean'];

/** Operators that work on each element by itself, or keep the shape as if they did. */
export const elementwiseRules: RuleTable = {
  ...Object.fromEntries(unary.map((op) => [op, sameAsInput])),
  ...Object.fromEntries(joining.map((op) => [op, broadcast])),
  Cast: cast,
};
