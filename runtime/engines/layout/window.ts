import { intsAttribute, stringAttribute } from '../../graph/graph.js';
import type { OperatorContext } from './operator.js';

/** Where the windows of a two-dimensional convolution or pooling lie: [height, width] each. */
export interface Window {
  readonly kernel: [number, number];
  readonly strides: [number, number];
  readonly dilations: [number, number];
  /** Padding of [batch, height, width, channels] at the start and the end. */
  readonly pads: [[number, number], [number, number], [number, number], [number, number]];
  /** Whether there is any padding. */
  readonly isPadded: boolean;
}

/**
 * Returns the node's windows, `auto_pad` and `ceil_mode` worked out: the end padding is what the last window reaches
 * beyond the input, or nothing where the windows stop short of its end.
 */
export function window({ view, outputs }: OperatorContext, kernel: readonly number[]): Window {
  const { node, types } = view;
  const strides = intsAttribute(node, 'strides', [1, 1]);
  const dilations = intsAttribute(node, 'dilations', [1, 1]);
  const pads = intsAttribute(node, 'pads', [0, 0, 0, 0]);
  const autoPad = stringAttribute(node, 'auto_pad', 'NOTSET');
  const axisPads = (axis: 0 | 1): [number, number] => {
    const size = types[0]!.dims[axis + 2]!;
    const count = outputs[0]!.dims[axis + 2]!;
    const reach = (count - 1) * strides[axis]! + dilations[axis]! * (kernel[axis]! - 1) + 1;
    const total = Math.max(0, reach - size);
    if (autoPad === 'SAME_UPPER') return [Math.floor(total / 2), Math.ceil(total / 2)];
    if (autoPad === 'SAME_LOWER') return [Math.ceil(total / 2), Math.floor(total / 2)];
    const begin = autoPad === 'VALID' ? 0 : pads[axis]!;
    return [begin, Math.max(0, reach - size - begin)];
  };
  const [vertical, horizontal] = [axisPads(0), axisPads(1)];
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
