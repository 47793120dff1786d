import { onnxLayout } from '../../layout/layout.js';
import type { Operator } from '../operator.js';
import { requireFloat } from '../requirements.js';

/** Products of matrices over broadcast leading axes; a vector is a matrix of one row, or on the right of one column. */
export const matMul: Operator = (context) => {
  requireFloat(context);
  const { tf, view, outputs } = context;
  const [left = [], right = []] = view.types.map((type) => type!.dims);
  const leftShape = left.length === 1 ? [1, ...left] : [...left];
  const rightShape = right.length === 1 ? [...right, 1] : [...right];
  const shape = [...outputs[0]!.dims];
  return {
    reads: [onnxLayout(left.length), onnxLayout(right.length)],
    writes: [onnxLayout(shape.length)],
    run: ([x, y]) => tf.reshape(tf.matMul(tf.reshape(x!, leftShape), tf.reshape(y!, rightShape)), shape),
  };
};
