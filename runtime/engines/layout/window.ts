import { intsAttribute } from '../../graph/graph.js';
import { windowPads } from '../../graph/windowPads.js';
import type { OperatorContext } from './operator.js';

/** Zeros at the start and the end of an axis. */
type AxisPads = [number, number];

/** Where the windows of a two-dimensional convolution or pooling lie: [height, width] each. */
export interface Window {
  readonly kernel: [number, number];
  readonly strides: [number, number];
  readonly dilations: [number, number];
  /** Padding of [batch, height, width, channels] at the start and the end. */
  readonly pads: [AxisPads, AxisPads, AxisPads, AxisPads];
  /** Whether there is any padding. */
  readonly isPadded: boolean;
}

/**
 * Returns the node's windows, `auto_pad` and `ceil_mode` worked out.
 */
export function window({ view, outputs }: OperatorContext, kernel: readonly number[]): Window {
  const { node, types } = view;
  const strides = intsAttribute(node, 'strides', [1, 1]);
  const dilations = intsAttribute(node, 'dilations', [1, 1]);
  const [vertical, horizontal] = ([0, 1] as const).map((axis) => {
    const [size, count] = [types[0]!.dims[axis + 2]!, outputs[0]!.dims[axis + 2]!];
    return windowPads(node, { axis, size, count, kernel: kernel[axis]! });
  }) as [AxisPads, AxisPads];
  return {
    kernel: [kernel[0]!, kernel[1]!],
    strides: [strides[0]!, strides[1]!],
    dilations: [dilations[0]!, dilations[1]!],
    pads: [[0, 0], vertical, horizontal, [0, 0]],
    isPadded: [...vertical, ...horizontal].some((pad) => pad > 0),
  };
}

/** Returns the share of each window that lies on the input, [1, height, width, 1]. */
export function insideShares(
  { view, outputs }: OperatorContext,
  { kernel, strides, pads }: Window,
): { readonly values: number[]; readonly shape: [number, number, number, number] } {
  const share = (axis: 0 | 1) =>
    Array.from({ length: outputs[0]!.dims[axis + 2]! }, (_, position) => {
      const start = position * strides[axis] - pads[axis + 1]![0];
      const end = Math.min(start + kernel[axis], view.types[0]!.dims[axis + 2]!);
      return (end - Math.max(start, 0)) / kernel[axis];
    });
  const [vertical, horizontal] = [share(0), share(1)];
  const values = vertical.flatMap((height) => horizontal.map((width) => height * width));
  const shape: [number, number, number, number] = [1, vertical.length, horizontal.length, 1];
  return { values, shape };
}
