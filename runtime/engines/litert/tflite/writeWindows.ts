import type { ModelWriter } from './modelWriter.js';
import { padding } from './operatorTable.js';
import { type AxisWindows, endPadding, windowPadding } from './windowPadding.js';

interface WindowParts {
  /** NHWC */
  readonly input: number;
  /** NHWC */
  readonly output: number;
  /** [height, width] */
  readonly kernel: readonly [number, number];
  /** [vertical, horizontal], as the next two */
  readonly strides: readonly [number, number];
  readonly dilations: readonly [number, number];
  /** Padding at the top and at the left. */
  readonly begin: readonly [number, number];
}

/** Returns the windows of both axes. */
export function axisWindows(writer: ModelWriter, parts: WindowParts): [AxisWindows, AxisWindows] {
  const { input, output, kernel, strides, dilations, begin } = parts;
  const axis = (index: 0 | 1): AxisWindows => ({
    size: writer.at(input).shape[index + 1]!,
    count: writer.at(output).shape[index + 1]!,
    span: (kernel[index] - 1) * dilations[index] + 1,
    stride: strides[index],
    begin: begin[index],
  });
  return [axis(0), axis(1)];
}

/** Returns the `padding` of windows and what they lie on: the input, or the input with zeros around it. */
export function writeWindows(
  writer: ModelWriter,
  parts: WindowParts,
): { readonly input: number; readonly padding: number } {
  const axes = axisWindows(writer, parts);
  const stated = windowPadding(axes);
  if (stated !== undefined) return { input: parts.input, padding: stated };
  const [vertical, horizontal] = axes.map((axis) => [axis.begin, endPadding(axis)] as const);
  const pads = [[0, 0], vertical!, horizontal!, [0, 0]] as const;
  return { input: writer.padded(parts.input, pads), padding: padding.valid };
}
