import { type Broadcast, broadcast as broadcastLayouts } from '../layout/broadcast.js';
import type { OperatorContext, TensorflowJs, TfTensor } from './operator.js';

interface TfjsBroadcast extends Broadcast {
  /** Returns input `index` with an axis of size 1 in place of each that it lacks. */
  readonly shape: (tf: TensorflowJs, x: TfTensor, index: number) => TfTensor;
}

/** Returns how the first output's axes lie in memory and how to read each input so that TensorFlow.js broadcasts it right. */
export function broadcast(context: OperatorContext): TfjsBroadcast {
  const layouts = broadcastLayouts(context);
  return {
    ...layouts,
    shape: (tf, x, index) => {
      const shape = layouts.shapes[index]!;
      return x.rank === shape.length ? x : tf.reshape(x, [...shape]);
    },
  };
}
