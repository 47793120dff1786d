import { broadcast } from '../../../layout/broadcast.js';
import type { Operator } from '../operator.js';

/** x where x >= 0, else slope * x; the slope is broadcast to the input. */
export const prelu: Operator = (context) => {
  const { layout, reads, shapes } = broadcast(context);
  return {
    reads,
    writes: [layout],
    action: (writer, [x, slope], [output]) => {
      const { shape } = writer.at(x!);
      const negative = writer.derive('MINIMUM', { inputs: [x!, writer.scalar(0)], shape });
      const slopes = writer.reshaped(slope!, shapes[1]!);
      const scaled = writer.derive('MUL', { inputs: [negative, slopes], shape });
      const positive = writer.derive('RELU', { inputs: [x!], shape });
      writer.add([positive, scaled], output);
    },
  };
};
