import { codeRange } from '../../../graph/codec/dataTypes.js';
import { onnxLayout } from '../../layout/layout.js';
import type { Operator } from '../operator.js';
import { gridShape } from './grid.js';

/** clip(round(x / scale) + zeroPoint), ties to even, to the codes of the output's type. */
export const quantizeLinear: Operator = ({ tf, view, layouts, outputs }) => {
  const layout = layouts[0]!;
  const shape = gridShape(view, layout);
  const { qmin, qmax } = codeRange(outputs[0]!.dtype);
  return {
    reads: [layout, ...view.types.slice(1).map((type) => type && onnxLayout(type.dims.length))],
    writes: [layout],
    run: ([x, scale, zeroPoint]) => {
      const steps = tf.round(tf.div(x!, shape(tf, scale!)));
      const codes = zeroPoint === undefined ? steps : tf.add(steps, shape(tf, tf.cast(zeroPoint, 'float32')));
      return tf.cast(tf.clipByValue(codes, qmin, qmax), 'int32');
    },
  };
};
