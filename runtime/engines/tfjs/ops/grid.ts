import { intAttribute } from '../../../graph/graph.js';
import { fail, type NodeView } from '../../../graph/passes/shapes/rule.js';
import { elementCount } from '../../../graph/tensor.js';
import type { Layout } from '../../layout/layout.js';
import type { TensorflowJs, TfTensor } from '../operator.js';

/**
 * Returns what gives a scale or a zero point the shape to be broadcast over a tensor in this layout: one value, or one
 * for each entry of the node's `axis`.
 *
 * @throws AgentError `op_unsupported` for blocked quantization
 */
export function gridShape(view: NodeView, layout: Layout): (tf: TensorflowJs, x: TfTensor) => TfTensor {
  if (intAttribute(view.node, 'block_size', 0) !== 0) {
    fail(view, 'TensorFlow.js does not run blocked quantization', 'op_unsupported');
  }
  const count = elementCount(view.types[1]!.dims);
  const axis = intAttribute(view.node, 'axis', 1);
  const fromFront = axis < 0 ? axis + layout.length : axis;
  const shape = count === 1 ? [] : layout.map((other) => (other === fromFront ? count : 1));
  return (tf, x) => tf.reshape(x, shape);
}
