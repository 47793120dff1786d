import { broadcast } from '../broadcast.js';
import type { Operator } from '../operator.js';
import { requireFloat } from '../requirements.js';

/** x where x >= 0, else slope * x; the slope is broadcast to the input. */
export const prelu: Operator = (context) => {
  requireFloat(context);
  const { tf } = context;
  const { layout, reads, shape } = broadcast(context);
  return {
    reads,
    writes: [layout],
    run: ([x, slope]) => tf.add(tf.relu(x!), tf.mul(tf.minimum(x!, 0), shape(tf, slope!, 1))),
  };
};
