import type { Tensor4D } from '@tensorflow/tfjs-core';
import { intAttribute, intsAttribute } from '../../../graph/graph.js';
import { fail } from '../../../graph/passes/shapes/rule.js';
import { channelsLast } from '../layout.js';
import type { Operator, OperatorContext } from '../operator.js';
import { requireFloat, requireRank } from '../requirements.js';
import { type Window, window } from './window.js';

/** The greatest value of each window; padding never wins. */
const maxPool: Operator = (context) => {
  const windows = poolWindows(context);
  const { tf, view } = context;
  if ((view.node.outputs[1] ?? '') !== '') fail(view, 'TensorFlow.js gives no indices', 'op_unsupported');
  return pooling(
    ({ kernel, strides, pads }) =>
      (x) =>
        tf.maxPool(x, [...kernel], strides, pads),
    windows,
  );
};

/** The mean of each window, over the elements of the input alone or, with `count_include_pad`, over the padding too. */
const averagePool: Operator = (context) => {
  const windows = poolWindows(context);
  const { tf, view } = context;
  if (intAttribute(view.node, 'count_include_pad', 0) === 0 || !windows.isPadded) {
    return pooling(
      ({ kernel, strides, pads }) =>
        (x) =>
          tf.avgPool(x, [...kernel], strides, pads),
      windows,
    );
  }
  if (intAttribute(view.node, 'ceil_mode', 0) === 1) {
    fail(view, 'TensorFlow.js does not run count_include_pad with ceil_mode', 'op_unsupported');
  }
  return pooling(
    ({ kernel, strides, pads }) =>
      (x) =>
        tf.avgPool(tf.pad(x, pads), [...kernel], strides, 'valid'),
    windows,
  );
};

export const poolOperators: Readonly<Record<string, Operator>> = {
  MaxPool: maxPool,
  AveragePool: averagePool,
};

function poolWindows(context: OperatorContext): Window {
  requireRank(context, 4);
  requireFloat(context);
  const { view } = context;
  const windows = window(context, intsAttribute(view.node, 'kernel_shape', []));
  if (Math.max(...windows.dilations) > 1) {
    fail(view, `TensorFlow.js pools without dilations, got ${windows.dilations}`, 'op_unsupported');
  }
  return windows;
}

function pooling(pool: (windows: Window) => (x: Tensor4D) => Tensor4D, windows: Window) {
  const call = pool(windows);
  const layout = channelsLast(4);
  return { reads: [layout], writes: [layout], run: ([x]: readonly unknown[]) => call(x as Tensor4D) };
}
