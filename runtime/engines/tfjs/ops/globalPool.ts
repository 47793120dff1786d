import type { Operator, TensorflowJs, TfTensor } from '../operator.js';
import { requireFloat } from '../requirements.js';

type Call = (tf: TensorflowJs, x: TfTensor, axes: number[]) => TfTensor;

/** Reduces all axes but batch and channels to size 1, in any layout. */
function globalPool(call: Call): Operator {
  return (context) => {
    requireFloat(context);
    const { tf, layouts } = context;
    const layout = layouts[0]!;
    const axes = [...layout.keys()].filter((position) => layout[position]! > 1);
    return { reads: [layout], writes: [layout], run: ([x]) => call(tf, x!, axes) };
  };
}

export const globalPoolOperators: Readonly<Record<string, Operator>> = {
  GlobalAveragePool: globalPool((tf, x, axes) => tf.mean(x, axes, true)),
  GlobalMaxPool: globalPool((tf, x, axes) => tf.max(x, axes, true)),
};
