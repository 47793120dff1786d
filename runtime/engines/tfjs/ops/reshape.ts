import { inMemory } from '../../layout/layout.js';
import { reshapeWhereItLies } from '../../layout/reshaping.js';
import type { Operator } from '../operator.js';

/** Reshape, Flatten, Squeeze and Unsqueeze. */
export const reshape: Operator = ({ tf, view, layouts, outputs }) => {
  const to = outputs[0]!.dims;
  const { reads, writes } = reshapeWhereItLies(layouts[0]!, { from: view.types[0]!.dims, to });
  const shape = inMemory(to, writes);
  return { reads: [reads], writes: [writes], run: ([x]) => tf.reshape(x!, shape) };
};
