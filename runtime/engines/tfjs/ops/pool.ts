import type { Tensor4D } from '@tensorflow/tfjs-core';
import { intAttribute, intsAttribute } from '../../../graph/graph.js';
import { fail } from '../../../graph/passes/shapes/rule.js';
import { channelsLast } from '../../layout/layout.js';
import { insideShares, type Window, window } from '../../layout/window.js';
import type { Kernel, Operator, OperatorContext, TensorflowJs } from '../operator.js';
import { requireFloat, requireRank } from '../requirements.js';

type Call = (x: Tensor4D) => Tensor4D;

/** The greatest value of each window; padding never wins. */
const maxPool: Operator = (context) => {
  const { tf, view } = context;
  const { kernel, strides, pads, isPadded } = poolWindows(context);
  if ((view.node.outputs[1] ?? '') !== '') fail(view, 'TensorFlow.js gives no indices', 'op_unsupported');
  if (isPadded && !takesPads(tf)) {
    return pooling((x) => tf.maxPool(tf.pad(x, pads, Number.NEGATIVE_INFINITY), kernel, strides, 'valid'));
  }
  return pooling((x) => tf.maxPool(x, kernel, strides, pads));
};

/** The mean of each window, over the elements of the input alone or, with `count_include_pad`, over the padding too. */
const averagePool: Operator = (context) => {
  const { tf, view } = context;
  const windows = poolWindows(context);
  const { kernel, strides, pads, isPadded } = windows;
  if (!isPadded) return pooling((x) => tf.avgPool(x, kernel, strides, 'valid'));
  const overPadding: Call = (x) => tf.avgPool(tf.pad(x, pads), kernel, strides, 'valid');
  if (intAttribute(view.node, 'count_include_pad', 0) === 1) {
    if (intAttribute(view.node, 'ceil_mode', 0) === 0) return pooling(overPadding);
    fail(view, 'TensorFlow.js does not run count_include_pad with ceil_mode', 'op_unsupported');
  }
  if (takesPads(tf)) return pooling((x) => tf.avgPool(x, kernel, strides, pads));
  const shares = insideShares(context, windows);
  return pooling((x) => tf.div(overPadding(x), tf.tensor4d(shares.values, shares.shape)));
};

export const poolOperators: Readonly<Record<string, Operator>> = {
  MaxPool: maxPool,
  AveragePool: averagePool,
};

/** TensorFlow's own library pools without padding, or with as much as makes the sizes equal. */
function takesPads(tf: TensorflowJs): boolean {
  return tf.getBackend() !== 'tensorflow';
}

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

function pooling(call: Call): Kernel {
  const layout = channelsLast(4);
  return { reads: [layout], writes: [layout], run: ([x]) => call(x as Tensor4D) };
}
