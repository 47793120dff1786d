import { floatAttribute, type Node } from '../../../../graph/graph.js';
import { fail } from '../../../../graph/passes/shapes/rule.js';
import type { ModelWriter } from '../../tflite/modelWriter.js';
import type { OperatorName, OperatorOptions } from '../../tflite/operatorTable.js';
import type { Operator } from '../operator.js';

/** An operator of one input and no options. */
type Plain = {
  [Name in OperatorName]: keyof OperatorOptions<Name> extends never ? Name : never;
}[OperatorName];

type Write = (writer: ModelWriter, tensors: { input: number; output: number; node: Node }) => void;

/** Returns the operator that works on each element, in any layout. */
function unary(write: Write): Operator {
  return ({ view, layouts: [layout] }) => ({
    reads: [layout],
    writes: [layout!],
    action: (writer, [input], [output]) => write(writer, { input: input!, output, node: view.node }),
  });
}

function plain(name: Plain): Operator {
  return unary((writer, { input, output }) => writer.operator(name, { inputs: [input], outputs: [output] }));
}

/** clip(alpha * x + beta, 0, 1). */
const hardSigmoid: Write = (writer, { input, output, node }) => {
  const { shape } = writer.at(input);
  const alpha = writer.scalar(floatAttribute(node, 'alpha', 0.2));
  const beta = writer.scalar(floatAttribute(node, 'beta', 0.5));
  const scaled = writer.derive('MUL', { inputs: [input, alpha], shape });
  const moved = writer.like(scaled);
  writer.add([scaled, beta], moved);
  const positive = writer.derive('MAXIMUM', { inputs: [moved, writer.scalar(0)], shape });
  writer.operator('MINIMUM', { inputs: [positive, writer.scalar(1)], outputs: [output] });
};

const elu: Operator = (context) => {
  const { view } = context;
  const alpha = floatAttribute(view.node, 'alpha', 1);
  if (alpha !== 1) fail(view, `LiteRT runs it with alpha 1, got ${alpha}`, 'op_unsupported');
  return plain('ELU')(context);
};

/** Operators of one input and no neighbours. */
export const unaryOperators: Readonly<Record<string, Operator>> = {
  Abs: plain('ABS'),
  Ceil: plain('CEIL'),
  Elu: elu,
  Exp: plain('EXP'),
  Floor: plain('FLOOR'),
  HardSigmoid: unary(hardSigmoid),
  HardSwish: plain('HARD_SWISH'),
  LeakyRelu: unary((writer, { input, output, node }) => {
    const alpha = floatAttribute(node, 'alpha', 0.01);
    writer.operator('LEAKY_RELU', { inputs: [input], outputs: [output] }, { alpha });
  }),
  Log: plain('LOG'),
  Neg: plain('NEG'),
  Reciprocal: unary((writer, { input, output }) =>
    writer.operator('DIV', { inputs: [writer.scalar(1), input], outputs: [output] }),
  ),
  Relu: plain('RELU'),
  Round: plain('ROUND'),
  Sigmoid: plain('LOGISTIC'),
  Sqrt: plain('SQRT'),
  Tanh: plain('TANH'),
};
