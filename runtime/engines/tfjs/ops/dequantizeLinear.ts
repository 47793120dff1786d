import { onnxLayout } from '../../layout/layout.js';
import type { Operator } from '../operator.js';
import { gridShape } from './grid.js';

/** (code - zeroPoint) * scale. */
export const dequantizeLinear: Operator = ({ tf, view, layouts }) => {
  const layout = layouts[0]!;
  const shape = gridShape(view, layout);
  return {
    reads: [layout, ...view.types.slice(1).map((type) => type && onnxLayout(type.dims.length))],
    writes: [layout],
    run: ([codes, scale, zeroPoint]) => {
      const steps = zeroPoint === undefined ? codes! : tf.sub(codes!, shape(tf, zeroPoint));
      return tf.mul(tf.cast(steps, 'float32'), shape(tf, scale!));
    },
  };
};
