import type { Tensor2D } from '@tensorflow/tfjs-core';
import { floatAttribute, intAttribute } from '../../../graph/graph.js';
import { onnxLayout } from '../../layout/layout.js';
import type { Operator, TensorflowJs, TfTensor } from '../operator.js';
import { requireFloat } from '../requirements.js';

/** alpha * A' * B' + beta * C, where A' and B' are transposed if so asked and C is broadcast. */
export const gemm: Operator = (context) => {
  requireFloat(context);
  const { tf, view } = context;
  const { node } = view;
  const [transA, transB] = ['transA', 'transB'].map((name) => intAttribute(node, name, 0) === 1);
  const alpha = floatAttribute(node, 'alpha', 1);
  const beta = floatAttribute(node, 'beta', 1);
  return {
    reads: view.types.map((type) => type && onnxLayout(type.dims.length)),
    writes: [onnxLayout(2)],
    run: ([a, b, c]) => {
      const product = scaled(tf, tf.matMul(a as Tensor2D, b as Tensor2D, transA, transB), alpha);
      return c === undefined ? product : tf.add(product, scaled(tf, c, beta));
    },
  };
};

function scaled(tf: TensorflowJs, x: TfTensor, factor: number): TfTensor {
  return factor === 1 ? x : tf.mul(x, factor);
}
