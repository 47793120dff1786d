import { dataTypeOf } from '../../../graph/codec/dataTypes.js';
import { intAttribute } from '../../../graph/graph.js';
import { onnxLayout } from '../../layout/layout.js';
import type { Operator } from '../operator.js';
import { codeRange, gridShape } from './grid.js';

/**
 * The values that the codes of x stand for: `clip(round(x / scale), qmin - zeroPoint, qmax - zeroPoint) * scale`. That is
 * QuantizeLinear and DequantizeLinear to the bit, since `round(x / scale)` and the zero point are integers.
 */
export const fakeQuantize: Operator = ({ tf, view, layouts }) => {
  const layout = layouts[0]!;
  const shape = gridShape(view, layout);
  const asked = dataTypeOf(intAttribute(view.node, 'output_dtype', 0));
  const { qmin, qmax } = codeRange(view.types[2]?.dtype ?? asked ?? 'uint8');
  const [zeroPoint = 0] = Array.from(view.constants[2]?.data ?? [], Number);
  return {
    reads: [layout, onnxLayout(view.types[1]!.dims.length)],
    writes: [layout],
    run: ([x, scale]) => {
      const unit = shape(tf, scale!);
      const steps = tf.round(tf.div(x!, unit));
      return tf.mul(tf.clipByValue(steps, qmin - zeroPoint, qmax - zeroPoint), unit);
    },
  };
};
