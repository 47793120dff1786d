import type { Tensor4D } from '@tensorflow/tfjs-core';
import { stringAttribute } from '../../../graph/graph.js';
import { fail } from '../../../graph/passes/shapes/rule.js';
import { channelsLast } from '../../layout/layout.js';
import { linearTaps, nearestIndices, type Sampling, samplings } from '../../layout/sampling.js';
import type { Operator, TensorflowJs } from '../operator.js';
import { requireFloat, requireRank } from '../requirements.js';

/** Height and width resized by nearest or linear sampling, in NHWC. */
export const resize: Operator = (context) => {
  requireRank(context, 4);
  const { tf, view } = context;
  requireFloat({ ...context, view: { ...view, types: view.types.slice(0, 1) } });
  const axes = samplings(context);
  const mode = stringAttribute(view.node, 'mode', 'nearest');
  const layout = channelsLast(4);
  const call = mode === 'nearest' ? nearest(tf, axes) : linear(tf, axes, mode);
  return { reads: [layout], writes: [layout], run: ([x]) => call(x as Tensor4D) };
};

type Call = (x: Tensor4D) => Tensor4D;

function nearest(tf: TensorflowJs, axes: readonly Sampling[]): Call {
  const indices = axes.map(nearestIndices);
  const size: [number, number] = [axes[0]!.count, axes[1]!.count];
  const isFloor = axes.every(({ size, count }, axis) =>
    indices[axis]!.every((index, x) => index === Math.floor((x * size) / count)),
  );
  if (isFloor) return (x) => tf.image.resizeNearestNeighbor(x, size);
  return (x) =>
    indices.reduce((image, taken, axis) => tf.gather(image, tf.tensor1d(taken, 'int32'), axis + 1), x);
}

function linear(tf: TensorflowJs, axes: readonly Sampling[], mode: string): Call {
  const { view } = axes[0]!;
  if (mode !== 'linear') fail(view, `TensorFlow.js does not resize by mode ${mode}`, 'op_unsupported');
  const taps = axes.map(linearTaps);
  return (x) =>
    taps.reduce((image, { low, high, weight }, axis) => {
      const below = tf.gather(image, tf.tensor1d([...low], 'int32'), axis + 1);
      const above = tf.gather(image, tf.tensor1d([...high], 'int32'), axis + 1);
      const shape = [1, 1, 1, 1].with(axis + 1, weight.length);
      const share = tf.reshape(tf.tensor1d([...weight]), shape);
      return tf.add(below, tf.mul(tf.sub(above, below), share));
    }, x);
}
