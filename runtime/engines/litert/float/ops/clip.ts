import { constantNumbers } from '../../../../graph/passes/shapes/rule.js';
import type { Operator } from '../operator.js';

/** Each element brought into constant bounds, either of which may be absent; any layout. */
export const clip: Operator = ({ view, layouts }) => {
  const bound = (index: number): number | undefined =>
    view.types[index] === undefined ? undefined : constantNumbers(view, index)[0]!;
  const [low, high] = [bound(1), bound(2)];
  return {
    reads: [layouts[0]],
    writes: [layouts[0]!],
    action: (writer, [input], [output]) => {
      if (low === 0 && high === undefined) {
        return writer.operator('RELU', { inputs: [input!], outputs: [output] });
      }
      if (low === 0 && high === 6) return writer.operator('RELU6', { inputs: [input!], outputs: [output] });
      const { shape } = writer.at(input!);
      // As in ONNX, the upper bound wins where they cross.
      const raised =
        low === undefined
          ? input!
          : writer.derive('MAXIMUM', { inputs: [input!, writer.scalar(low)], shape });
      if (high === undefined) return writer.reshape(raised, output);
      writer.operator('MINIMUM', { inputs: [raised, writer.scalar(high)], outputs: [output] });
    },
  };
};
