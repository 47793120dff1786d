import { floatAttribute, type Node } from '../../../graph/graph.js';
import type { Operator, TensorflowJs, TfTensor } from '../operator.js';

type Call = (x: TfTensor, tf: TensorflowJs, node: Node) => TfTensor;

/** Returns the operator that calls TensorFlow.js on each element; it works in any layout. */
function unary(call: Call): Operator {
  return ({ tf, view, layouts: [layout] }) => ({
    reads: [layout],
    writes: [layout!],
    run: ([x]) => call(x!, tf, view.node),
  });
}

/** clip(alpha * x + beta, 0, 1). */
const hardSigmoid: Call = (x, tf, node) => {
  const alpha = floatAttribute(node, 'alpha', 0.2);
  const beta = floatAttribute(node, 'beta', 0.5);
  return tf.clipByValue(tf.add(tf.mul(x, alpha), beta), 0, 1);
};

/** Operators of one input and no neighbours. */
export const unaryOperators: Readonly<Record<string, Operator>> = {
  Abs: unary((x, tf) => tf.abs(x)),
  Ceil: unary((x, tf) => tf.ceil(x)),
  Elu: unary((x, tf, node) => {
    const alpha = floatAttribute(node, 'alpha', 1);
    return alpha === 1 ? tf.elu(x) : tf.add(tf.relu(x), tf.mul(tf.sub(tf.exp(tf.minimum(x, 0)), 1), alpha));
  }),
  Exp: unary((x, tf) => tf.exp(x)),
  Floor: unary((x, tf) => tf.floor(x)),
  HardSigmoid: unary(hardSigmoid),
  HardSwish: unary((x, tf) => tf.mul(x, tf.clipByValue(tf.add(tf.div(x, 6), 0.5), 0, 1))),
  LeakyRelu: unary((x, tf, node) => tf.leakyRelu(x, floatAttribute(node, 'alpha', 0.01))),
  Log: unary((x, tf) => tf.log(x)),
  Neg: unary((x, tf) => tf.neg(x)),
  Reciprocal: unary((x, tf) => tf.div(1, x)),
  Relu: unary((x, tf) => tf.relu(x)),
  Round: unary((x, tf) => tf.round(x)),
  Sigmoid: unary((x, tf) => tf.sigmoid(x)),
  Sqrt: unary((x, tf) => tf.sqrt(x)),
  Tanh: unary((x, tf) => tf.tanh(x)),
};
