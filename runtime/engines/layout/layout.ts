/**
 * How a tensor lies in TensorFlow.js: `layout[k]` is the ONNX axis that memory axis k holds, the slowest first.
 * `[0, 1, 2, 3]` is ONNX's own NCHW, `[0, 2, 3, 1]` is NHWC, `[2, 3, 1, 0]` are convolution weights as HWIO.
 */
export type Layout = readonly number[];

/** Returns the layout of ONNX itself: row-major over the axes as they are. */
export function onnxLayout(rank: number): Layout {
  return Array.from({ length: rank }, (_, axis) => axis);
}

/** Returns the layout with the channels, axis 1, innermost: NHWC for four axes. */
export function channelsLast(rank: number): Layout {
  return rank < 3 ? onnxLayout(rank) : [0, ...onnxLayout(rank).slice(2), 1];
}

/** Returns the dimensions in memory order of a tensor whose ONNX dimensions are `dims`. */
export function inMemory<Entry>(dims: readonly Entry[], layout: Layout): Entry[] {
  return layout.map((axis) => dims[axis]!);
}

/** Returns the permutation of memory axes that takes a tensor from one layout to the other. */
export function permutation(from: Layout, to: Layout): number[] {
  return to.map((axis) => from.indexOf(axis));
}

export function sameLayout(left: Layout, right: Layout): boolean {
  return left.length === right.length && left.every((axis, index) => axis === right[index]);
}

/**
 * Returns `layout` as it is for a tensor that lacks the axes for which `keeps` is false, the others renumbered.
 */
export function withoutAxes(layout: Layout, keeps: (axis: number) => boolean): Layout {
  const kept = layout.filter(keeps);
  const rising = kept.toSorted((left, right) => left - right);
  return kept.map((axis) => rising.indexOf(axis));
}
