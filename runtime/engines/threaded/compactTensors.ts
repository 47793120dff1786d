import type { TensorData } from '../../graph/tensor.js';
import type { TensorMap } from '../engine.js';

/**
 * Returns the tensors, each over a buffer that holds nothing else: a message takes a tensor's whole buffer along. What
 * is only a view of a larger one is copied, the others are returned as they are.
 */
export function compactTensors(tensors: TensorMap): TensorMap {
  const compact = Object.entries(tensors).map(([name, { dtype, dims, data }]) => {
    return [name, { dtype, dims, data: fillsBuffer(data) ? data : data.slice() }] as const;
  });
  return Object.fromEntries(compact);
}

function fillsBuffer({ byteLength, buffer }: TensorData): boolean {
  return byteLength === buffer.byteLength;
}
