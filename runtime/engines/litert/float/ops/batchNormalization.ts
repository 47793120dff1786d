import { floatAttribute } from '../../../../graph/graph.js';
import { constantNumbers } from '../../../../graph/passes/shapes/rule.js';
import { channelsLast } from '../../../layout/layout.js';
import type { Operator } from '../operator.js';
import { requireConstant } from '../requirements.js';

/** (x - mean) / sqrt(variance + epsilon) * scale + bias by channel, which is axis 1; inference only. */
export const batchNormalization: Operator = (context) => {
  requireConstant(context, [1, 2, 3, 4]);
  const { view } = context;
  const layout = channelsLast(view.types[0]!.dims.length);
  const epsilon = floatAttribute(view.node, 'epsilon', 1e-5);
  const [scale, bias, mean, variance] = [1, 2, 3, 4].map((index) => constantNumbers(view, index));
  const factors = Float32Array.from(scale!, (value, c) => value / Math.sqrt(variance![c]! + epsilon));
  const offsets = Float32Array.from(bias!, (value, c) => value - mean![c]! * factors[c]!);
  return {
    reads: [layout],
    writes: [layout],
    action: (writer, [input], [output]) => {
      const dims = [factors.length];
      const { shape } = writer.at(input!);
      const scaled = writer.derive('MUL', { inputs: [input!, writer.constant(dims, factors)], shape });
      writer.add([scaled, writer.constant(dims, offsets)], output);
    },
  };
};
