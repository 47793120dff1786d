import type { Head } from '../../runtime/detector/heads/head.js';
import { leastRaw } from '../../runtime/detector/heads/leastRaw.js';
import type { TensorMap } from '../../runtime/engines/engine.js';
import { elementCount, float32Tensor } from '../../runtime/graph/tensor.js';

/** A float32 tensor from plain numbers. */
export function floats(dims: readonly number[], values: readonly number[]) {
  if (values.length !== elementCount(dims))
    throw new RangeError(`${values.length} values for [${dims.join(', ')}]`);
  return float32Tensor(dims, Float32Array.from(values));
}

/** What a graph with these float32 outputs declares. */
export function graphOutputs(outputs: Readonly<Record<string, readonly (number | string)[]>>) {
  return {
    outputs: Object.entries(outputs).map(([name, dims]) => ({ name, dtype: 'float32' as const, dims })),
  };
}

/** Scores and box of one location, as plain numbers; `bound` is the highest threshold that its screen lets it pass. */
export function readLocation(head: Head, outputs: TensorMap, location: number) {
  const reader = head.read(outputs);
  const scores = new Float32Array(head.numClasses);
  const box = new Float32Array(4);
  reader.scores(location, scores, 0);
  reader.box(location, box, 0);
  const isScreenedOut = (threshold: number) => (reader.screen(threshold)(location) ? 0 : 1);
  const bound = leastRaw(isScreenedOut, 1);
  return { bound, scores: [...scores], box: [...box] };
}
