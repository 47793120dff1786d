import { constantNumbers } from '../../../graph/passes/shapes/rule.js';
import type { Operator } from '../operator.js';
import { requireFloat } from '../requirements.js';

/** Each element brought into constant bounds, either of which may be absent; any layout. */
export const clip: Operator = (context) => {
  requireFloat(context);
  const { tf, view, layouts } = context;
  const bound = (index: number, absent: number): number =>
    view.types[index] === undefined ? absent : constantNumbers(view, index)[0]!;
  const min = bound(1, Number.NEGATIVE_INFINITY);
  const max = bound(2, Number.POSITIVE_INFINITY);
  // ONNX lets the upper bound win where they cross; TensorFlow.js refuses that.
  const [low, high] = [Math.min(min, max), max];
  return { reads: [layouts[0]], writes: [layouts[0]!], run: ([x]) => tf.clipByValue(x!, low, high) };
};
