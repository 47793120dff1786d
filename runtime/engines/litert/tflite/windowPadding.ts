import { padding } from './operatorTable.js';

/** Windows of a convolution or pooling along one axis. */
export interface AxisWindows {
  /** Elements of the input. */
  readonly size: number;
  /** Windows. */
  readonly count: number;
  /** Elements that one window spans, dilations included. */
  readonly span: number;
  readonly stride: number;
  /** Padding before the first element. */
  readonly begin: number;
}

/**
 * Returns how .tflite states windows of two axes, [vertical, horizontal]: `same` or `valid` where they are of that kind,
 * else undefined: then the input has to be padded first, and they are `valid`.
 */
export function windowPadding(
  axes: readonly [AxisWindows, AxisWindows],
): (typeof padding)['same' | 'valid'] | undefined {
  if (axes.every((axis) => axis.begin === 0 && endPadding(axis) === 0)) return padding.valid;
  return axes.every(isSame) ? padding.same : undefined;
}

/**
 * Returns the axis with fewer than a stride of elements more, so that `same` pads it as wanted; undefined where that
 * needs none of them or some window of the axis as it was would see them.
 */
export function grownToSame(axis: AxisWindows): AxisWindows | undefined {
  if (endPadding(axis) > 0) return undefined;
  for (let size = axis.size; size < axis.size + axis.stride; size++) {
    const grown = { ...axis, size, count: Math.ceil(size / axis.stride) };
    if (grown.count >= axis.count && windowPadding([grown, grown]) === padding.same) return grown;
  }
  return undefined;
}

/** Returns how far the last window reaches beyond the input. */
export function endPadding({ size, count, span, stride, begin }: AxisWindows): number {
  return Math.max(0, (count - 1) * stride + span - size - begin);
}

/** Whether windows are placed as `same` places them, the larger half of an odd padding at the end. */
function isSame({ size, count, span, stride, begin }: AxisWindows): boolean {
  const total = Math.max(0, (count - 1) * stride + span - size);
  return count === Math.ceil(size / stride) && begin === Math.floor(total / 2);
}
