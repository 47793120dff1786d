import type { LayoutChange } from '../layout/graphCompiler.js';
import { inMemory, permutation } from '../layout/layout.js';
import type { Kernel, TensorflowJs } from './operator.js';

/** Returns what copies a tensor into another layout. Where only axes of size 1 move, nothing is copied. */
export function changeLayout(tf: TensorflowJs, { dims, from, to }: LayoutChange): Kernel['run'] {
  const isLong = (axis: number): boolean => dims[axis]! > 1;
  const target = inMemory(dims, to);
  if (String(from.filter(isLong)) === String(to.filter(isLong))) return ([x]) => tf.reshape(x!, target);
  const order = permutation(from, to);
  return ([x]) => tf.transpose(x!, order);
}
