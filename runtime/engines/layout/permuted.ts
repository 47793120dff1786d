import { allocate, offsetOf, rowMajorStrides } from '../../graph/passes/constants/elements.js';
import type { Tensor } from '../../graph/tensor.js';
import { inMemory, type Layout, onnxLayout, sameLayout } from './layout.js';

/** Returns the tensor with its elements in the order of the layout: the ONNX tensor itself where that is ONNX's own. */
export function permuted(tensor: Tensor, layout: Layout): Tensor {
  if (sameLayout(layout, onnxLayout(layout.length))) return tensor;
  const dims = inMemory(tensor.dims, layout);
  const strides = inMemory(rowMajorStrides(tensor.dims), layout);
  const data = allocate({ dtype: tensor.dtype, dims });
  const at = dims.map(() => 0);
  for (let index = 0; index < data.length; index++) {
    data[index] = tensor.data[offsetOf(at, strides)]!;
    for (let axis = dims.length - 1; axis >= 0 && ++at[axis]! === dims[axis]; axis--) at[axis] = 0;
  }
  return { dtype: tensor.dtype, dims, data };
}
