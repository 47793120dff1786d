import type { Tensor, TensorData } from '../../graph/tensor.js';
import type { TensorMap } from '../engine.js';

/**
 * Returns the tensors, each over a buffer that holds nothing else, so that the buffers can move to another thread. What
 * is only a view of a larger buffer is copied, the others are returned as they are.
 */
export function movableTensors(tensors: TensorMap): TensorMap {
  return mapTensors(tensors, (data) => (data.byteLength === data.buffer.byteLength ? data : data.slice()));
}

/** Returns the buffers of movable tensors, each once. */
export function buffersOf(tensors: TensorMap): ArrayBuffer[] {
  return [...new Set(Object.values(tensors).map(({ data }) => data.buffer as ArrayBuffer))];
}

/** Returns the tensors with other data. */
export function mapTensors(tensors: TensorMap, change: (data: TensorData) => TensorData): TensorMap {
  const changed = Object.entries(tensors).map(([name, { dtype, dims, data }]): [string, Tensor] => {
    return [name, { dtype, dims, data: change(data) }];
  });
  return Object.fromEntries(changed);
}
