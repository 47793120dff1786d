import type { Tensor4D } from '@tensorflow/tfjs-core';
import { stringAttribute } from '../../../graph/graph.js';
import { nodeAxes } from '../../../graph/passes/shapes/axes.js';
import { constantNumbers, fail, type NodeView } from '../../../graph/passes/shapes/rule.js';
import { channelsLast } from '../layout.js';
import type { Operator, TensorflowJs } from '../operator.js';
import { requireFloat, requireRank } from '../requirements.js';
import { linearTaps, nearestIndices, type Sampling } from './sampling.js';

/** Height and width resized by nearest or linear sampling, in NHWC. */
export const resize: Operator = (context) => {
  requireRank(context, 4);
  const { tf, view, outputs } = context;
  requireFloat({ ...context, view: { ...view, types: view.types.slice(0, 1) } });
  const from = view.types[0]!.dims;
  const to = outputs[0]!.dims;
  if (from[0] !== to[0] || from[1] !== to[1]) {
    fail(view, `TensorFlow.js resizes height and width only, got [${from}] to [${to}]`, 'op_unsupported');
  }
  const samplings = [2, 3].map((axis): Sampling => {
    return { view, size: from[axis]!, count: to[axis]!, scale: scaleOf(view, axis, to[axis]! / from[axis]!) };
  });
  const mode = stringAttribute(view.node, 'mode', 'nearest');
  const layout = channelsLast(4);
  const call = mode === 'nearest' ? nearest(tf, samplings) : linear(tf, samplings, mode);
  return { reads: [layout], writes: [layout], run: ([x]) => call(x as Tensor4D) };
};

type Call = (x: Tensor4D) => Tensor4D;

function scaleOf(view: NodeView, axis: number, fallback: number): number {
  if (view.types[3] !== undefined) return fallback;
  const axes = nodeAxes(view, Number.POSITIVE_INFINITY, 4) ?? [0, 1, 2, 3];
  const index = axes.indexOf(axis);
  return index < 0 ? 1 : constantNumbers(view, 2)[index]!;
}

function nearest(tf: TensorflowJs, samplings: readonly Sampling[]): Call {
  const indices = samplings.map(nearestIndices);
  const size: [number, number] = [samplings[0]!.count, samplings[1]!.count];
  const isFloor = samplings.every(({ size, count }, axis) =>
    indices[axis]!.every((index, x) => index === Math.floor((x * size) / count)),
  );
  if (isFloor) return (x) => tf.image.resizeNearestNeighbor(x, size);
  return (x) =>
    indices.reduce((image, taken, axis) => tf.gather(image, tf.tensor1d(taken, 'int32'), axis + 1), x);
}

function linear(tf: TensorflowJs, samplings: readonly Sampling[], mode: string): Call {
  const { view } = samplings[0]!;
  if (mode !== 'linear') fail(view, `TensorFlow.js does not resize by mode ${mode}`, 'op_unsupported');
  const taps = samplings.map(linearTaps);
  return (x) =>
    taps.reduce((image, { low, high, weight }, axis) => {
      const below = tf.gather(image, tf.tensor1d([...low], 'int32'), axis + 1);
      const above = tf.gather(image, tf.tensor1d([...high], 'int32'), axis + 1);
      const shape = [1, 1, 1, 1].with(axis + 1, weight.length);
      const share = tf.reshape(tf.tensor1d([...weight]), shape);
      return tf.add(below, tf.mul(tf.sub(above, below), share));
    }, x);
}
