import { reshapeWhereItLies } from '../../../layout/reshaping.js';
import type { Operator } from '../operator.js';

/** Reshape, Flatten, Squeeze and Unsqueeze. */
export const reshape: Operator = ({ view, layouts, outputs }) => {
  const { reads, writes } = reshapeWhereItLies(layouts[0]!, {
    from: view.types[0]!.dims,
    to: outputs[0]!.dims,
  });
  return {
    reads: [reads],
    writes: [writes],
    action: (writer, [input], [output]) => writer.reshape(input!, output),
  };
};
