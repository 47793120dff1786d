import type { Graph } from '../../graph/graph.js';

/**
 * Returns the median over the first convolution's filters of the sum of absolute weights, or undefined where they are
 * not constant floats. Networks whose activations are not scale-free (SiLU) need inputs times this to be a few units, so
 * it tells bytes from numbers about 1.
 */
export function medianFilterWeight(graph: Graph): number | undefined {
  const conv = graph.nodes.find(({ opType }) => opType === 'Conv');
  const weights = graph.initializers.get(conv?.inputs[1] ?? '');
  if (!(weights?.data instanceof Float32Array) || weights.data.length === 0) return undefined;
  const { data } = weights;
  const filters = weights.dims[0]!;
  const size = data.length / filters;
  const sums = Float64Array.from({ length: filters }, (_, filter) =>
    data.subarray(filter * size, (filter + 1) * size).reduce((sum, weight) => sum + Math.abs(weight), 0),
  );
  return sums.sort()[Math.floor(filters / 2)];
}
