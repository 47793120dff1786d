import { intAttribute, intsAttribute } from '../../../../graph/graph.js';
import { fail } from '../../../../graph/passes/shapes/rule.js';
import { channelsLast } from '../../../layout/layout.js';
import type { Kernel, OperatorContext } from '../../../layout/operator.js';
import { insideShares, type Window, window } from '../../../layout/window.js';
import { type PoolParts, writeMaxPool, writePool } from '../../tflite/maxPool.js';
import { padding } from '../../tflite/operatorTable.js';
import { windowPadding } from '../../tflite/windowPadding.js';
import { axisWindows } from '../../tflite/writeWindows.js';
import type { Operator, WriteAction } from '../operator.js';
import { requireRank } from '../requirements.js';

/** The greatest value of each window; padding never wins. */
const maxPool: Operator = (context) => {
  const { view } = context;
  if ((view.node.outputs[1] ?? '') !== '') fail(view, 'LiteRT gives no indices', 'op_unsupported');
  const windows = poolWindows(context);
  return pooling((writer, [input], [output]) => writeMaxPool(writer, poolParts(windows, input!, output)));
};

/** The mean of each window, over the elements of the input alone or, with `count_include_pad`, over the padding too. */
const averagePool: Operator = (context) => {
  const { view } = context;
  const windows = poolWindows(context);
  const countsPadding = windows.isPadded && intAttribute(view.node, 'count_include_pad', 0) === 1;
  if (countsPadding && intAttribute(view.node, 'ceil_mode', 0) === 1) {
    fail(view, 'LiteRT does not run count_include_pad with ceil_mode', 'op_unsupported');
  }
  return pooling((writer, [input], [output]) => {
    const parts = poolParts(windows, input!, output);
    const stated = windowPadding(axisWindows(writer, { ...parts, dilations: [1, 1] }));
    const isExact = stated === padding.valid || (stated === padding.same && !countsPadding);
    if (isExact) return writePool(writer, 'AVERAGE_POOL_2D', { ...parts, padding: stated });
    const onZeros = { ...parts, input: writer.padded(input!, windows.pads), padding: padding.valid };
    if (countsPadding) return writePool(writer, 'AVERAGE_POOL_2D', onZeros);
    const sums = writer.like(output);
    writePool(writer, 'AVERAGE_POOL_2D', { ...onZeros, output: sums });
    const { values, shape } = insideShares(context, windows);
    const shares = writer.constant(shape, Float32Array.from(values));
    writer.operator('DIV', { inputs: [sums, shares], outputs: [output] });
  });
};

export const poolOperators: Readonly<Record<string, Operator>> = {
  MaxPool: maxPool,
  AveragePool: averagePool,
};

function poolWindows(context: OperatorContext): Window {
  requireRank(context, 4);
  const { view } = context;
  const windows = window(context, intsAttribute(view.node, 'kernel_shape', []));
  if (Math.max(...windows.dilations) > 1) {
    fail(view, `LiteRT pools without dilations, got ${windows.dilations}`, 'op_unsupported');
  }
  return windows;
}

function poolParts({ kernel, strides, pads }: Window, input: number, output: number): PoolParts {
  return { input, output, kernel, strides, begin: [pads[1][0], pads[2][0]] };
}

function pooling(action: WriteAction): Kernel<WriteAction> {
  return { reads: [channelsLast(4)], writes: [channelsLast(4)], action };
}
