import type { TensorMap } from '../../runtime/engines/engine.js';
import { onnxruntimeEngine } from '../../runtime/engines/onnxruntime/onnxruntimeEngine.js';
import type { Graph } from '../../runtime/graph/graph.js';
import type { Tensor } from '../../runtime/graph/tensor.js';

/** Returns all outputs of the graph, computed once by onnxruntime without fusions. */
export async function runOnce(graph: Graph, feeds: TensorMap): Promise<TensorMap> {
  const session = await onnxruntimeEngine.load(graph, { optimization: 'none' });
  try {
    return await session.run(feeds);
  } finally {
    await session.dispose();
  }
}

/** Returns the largest difference between two float tensors of one shape, relative to the range of `expected`. */
export function relativeDifference(expected: Tensor, got: Tensor): number {
  if (String(expected.dims) !== String(got.dims)) return Number.POSITIVE_INFINITY;
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  let difference = 0;
  for (const [index, value] of (expected.data as Float32Array).entries()) {
    low = Math.min(low, value);
    high = Math.max(high, value);
    // A NaN anywhere makes the difference NaN, which no bound accepts.
    difference = Math.max(difference, Math.abs(value - Number(got.data[index]!)));
  }
  return difference === 0 ? 0 : difference / (high - low);
}
