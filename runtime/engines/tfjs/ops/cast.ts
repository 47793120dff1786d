import { fail } from '../../../graph/passes/shapes/rule.js';
import type { DataType } from '../../../graph/tensor.js';
import { tfType } from '../hostTensor.js';
import type { Operator } from '../operator.js';

/** Types that take any value there may be: casting to a narrower one would have to wrap around. */
const targets: ReadonlySet<DataType> = new Set<DataType>(['float32', 'bool', 'int32', 'int64']);

/** Between float32, bool and the wide integers; a float is cut towards zero, as in ONNX. */
export const cast: Operator = ({ tf, view, layouts, outputs }) => {
  const to = outputs[0]!.dtype;
  if (!targets.has(to)) fail(view, `TensorFlow.js does not cast to ${to}`, 'op_unsupported');
  return {
    reads: [layouts[0]],
    writes: [layouts[0]!],
    run: ([x]) => (to === 'bool' ? tf.notEqual(x!, tf.zerosLike(x!)) : tf.cast(x!, tfType(to)!)),
  };
};
