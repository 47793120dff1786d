import { intsAttribute, type Node, stringAttribute } from './graph.js';

/** Sizes along one spatial axis of a convolution or pooling. */
export interface WindowAxis {
  /** Of the spatial axes, 0 the first. */
  readonly axis: number;
  /** Of the input. */
  readonly size: number;
  /** Window positions: the output's size. */
  readonly count: number;
  readonly kernel: number;
}

/**
 * Returns the padding of an axis at its start and end, `auto_pad` and `ceil_mode` worked out: the end padding is what the last
 * window reaches beyond the input, or nothing where the windows stop short of its end.
 *
 * Source: https://onnx.ai/onnx/operators/onnx__MaxPool.html
 */
export function windowPads(
  node: Node,
  { axis, size, count, kernel }: WindowAxis,
): [begin: number, end: number] {
  const stride = intsAttribute(node, 'strides', [])[axis] ?? 1;
  const dilation = intsAttribute(node, 'dilations', [])[axis] ?? 1;
  const autoPad = stringAttribute(node, 'auto_pad', 'NOTSET');
  const reach = (count - 1) * stride + dilation * (kernel - 1) + 1;
  const total = Math.max(0, reach - size);
  if (autoPad === 'SAME_UPPER') return [Math.floor(total / 2), Math.ceil(total / 2)];
  if (autoPad === 'SAME_LOWER') return [Math.ceil(total / 2), Math.floor(total / 2)];
  const begin = autoPad === 'VALID' ? 0 : (intsAttribute(node, 'pads', [])[axis] ?? 0);
  return [begin, Math.max(0, reach - size - begin)];
}
