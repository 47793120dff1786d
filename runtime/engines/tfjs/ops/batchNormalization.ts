import { floatAttribute } from '../../../graph/graph.js';
import { channelsLast } from '../../layout/layout.js';
import type { Operator } from '../operator.js';
import { requireFloat } from '../requirements.js';

/** (x - mean) / sqrt(variance + epsilon) * scale + bias by channel, which is axis 1; inference only. */
export const batchNormalization: Operator = (context) => {
  requireFloat(context);
  const { tf, view } = context;
  const layout = channelsLast(view.types[0]!.dims.length);
  const epsilon = floatAttribute(view.node, 'epsilon', 1e-5);
  return {
    reads: [layout, [0], [0], [0], [0]],
    writes: [layout],
    run: ([x, scale, bias, mean, variance]) => {
      const factor = tf.div(scale!, tf.sqrt(tf.add(variance!, epsilon)));
      return tf.add(tf.mul(tf.sub(x!, mean!), factor), bias!);
    },
  };
};
