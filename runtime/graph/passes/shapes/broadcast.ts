/**
 * Returns the dimensions that two tensors have once broadcast to each other, or undefined when they do not fit.
 * Source: https://onnx.ai/onnx/repo-docs/Broadcasting.html
 */
export function broadcastDims(left: readonly number[], right: readonly number[]): number[] | undefined {
  const rank = Math.max(left.length, right.length);
  const dims: number[] = [];
  for (let axis = 0; axis < rank; axis++) {
    const a = left[axis - rank + left.length] ?? 1;
    const b = right[axis - rank + right.length] ?? 1;
    if (a !== b && a !== 1 && b !== 1) return undefined;
    dims.push(a === 1 ? b : a);
  }
  return dims;
}
