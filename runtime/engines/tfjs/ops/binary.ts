import { broadcast } from '../broadcast.js';
import type { Operator, TensorflowJs, TfTensor } from '../operator.js';
import { requireFloat } from '../requirements.js';

type Call = (tf: TensorflowJs, left: TfTensor, right: TfTensor) => TfTensor;

/** Returns the operator that joins its inputs, broadcast as in ONNX, from left to right. */
function joining(call: Call): Operator {
  return (context) => {
    requireFloat(context);
    const { tf } = context;
    const { layout, reads, shape } = broadcast(context);
    return {
      reads,
      writes: [layout],
      run: (inputs) => {
        const [first, ...others] = inputs.map((x, index) => shape(tf, x, index));
        // A sole input would else be handed out itself.
        return others.length === 0
          ? tf.clone(first!)
          : others.reduce((left, right) => call(tf, left, right), first!);
      },
    };
  };
}

/** Operators of two inputs, or more for Max and Min. */
export const binaryOperators: Readonly<Record<string, Operator>> = {
  Add: joining((tf, left, right) => tf.add(left, right)),
  Sub: joining((tf, left, right) => tf.sub(left, right)),
  Mul: joining((tf, left, right) => tf.mul(left, right)),
  Div: joining((tf, left, right) => tf.div(left, right)),
  Pow: joining((tf, left, right) => tf.pow(left, right)),
  Max: joining((tf, left, right) => tf.maximum(left, right)),
  Min: joining((tf, left, right) => tf.minimum(left, right)),
};
