import type { Tensor4D } from '@tensorflow/tfjs-core';
import { stringAttribute } from '../../../graph/graph.js';
import { fail } from '../../../graph/passes/shapes/rule.js';
import { channelsLast } from '../../layout/layout.js';
import {
  cornerShares,
  type LinearTaps,
  linearTaps,
  nearestIndices,
  type Sampling,
  samplings,
} from '../../layout/sampling.js';
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

/** Adds up what onnxruntime adds up, in its order: between codes on one grid every sixteenth sum is a tie. */
function linear(tf: TensorflowJs, axes: readonly Sampling[], mode: string): Call {
  const { view } = axes[0]!;
  if (mode !== 'linear') fail(view, `TensorFlow.js does not resize by mode ${mode}`, 'op_unsupported');
  const [rows, columns] = axes.map(linearTaps) as [LinearTaps, LinearTaps];
  const size = [1, rows.low.length, columns.low.length, 1];
  const shares = cornerShares(rows, columns);
  return (x) => {
    const neighbours = [rows.low, rows.high].flatMap((taken) => {
      const image = tf.gather(x, tf.tensor1d([...taken], 'int32'), 1);
      return [columns.low, columns.high].map((across) =>
        tf.gather(image, tf.tensor1d([...across], 'int32'), 2),
      );
    });
    return neighbours
      .map((neighbour, at) => tf.mul(neighbour, tf.tensor(shares[at]!, size)))
      .reduce((sum, part) => tf.add(sum, part)) as Tensor4D;
  };
}
