import { storage } from '../../codec/dataTypes.js';
import { elementCount, type TensorData } from '../../tensor.js';
import type { TensorType } from '../shapes/rule.js';

/** Returns zeroed storage for a tensor of this type. */
export function allocate({ dtype, dims }: TensorType): TensorData {
  return new storage[dtype].array(elementCount(dims));
}

/** Returns how far apart neighbours along each axis lie. */
export function rowMajorStrides(dims: readonly number[]): number[] {
  return dims.map((_, axis) => elementCount(dims.slice(axis + 1)));
}

/** Strides that stay on the same element along the axes over which the tensor is broadcast. */
export function broadcastStrides(dims: readonly number[], outputDims: readonly number[]): number[] {
  const missing = outputDims.length - dims.length;
  const strides = rowMajorStrides(dims);
  return outputDims.map((_, axis) => {
    const own = axis - missing;
    return own < 0 || dims[own] === 1 ? 0 : strides[own]!;
  });
}

/** Yields row-major index and coordinates of each element. */
export function* coordinates(dims: readonly number[]): Generator<[number, readonly number[]]> {
  const strides = rowMajorStrides(dims);
  const count = elementCount(dims);
  for (let index = 0; index < count; index++) {
    yield [index, dims.map((size, axis) => Math.floor(index / strides[axis]!) % size)];
  }
}

/** Returns the index of the element at `position`. */
export function offsetOf(position: readonly number[], strides: readonly number[]): number {
  return position.reduce((sum, step, axis) => sum + step * strides[axis]!, 0);
}
