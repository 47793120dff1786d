/** Element types of ONNX tensors that this project reads and writes (ONNX `TensorProto.DataType`, lower case). */
export type DataType =
  | 'float32'
  | 'float16'
  | 'float64'
  | 'int4'
  | 'uint4'
  | 'int8'
  | 'uint8'
  | 'int16'
  | 'uint16'
  | 'int32'
  | 'uint32'
  | 'int64'
  | 'uint64'
  | 'bool';

export type TensorData =
  | Float32Array
  | Float64Array
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array;

/**
 * A dense, row-major tensor. `data.length` equals the product of `dims` (1 for a scalar, whose `dims` is empty).
 * float16 is held as its raw bits in a `Uint16Array`; int4 and uint4 are held unpacked, one code per
 * element of an `Int8Array` or `Uint8Array`, and packed only in a file; bool is a `Uint8Array` of 0 and 1.
 * Tensors are never mutated after they are made: passes share them freely.
 */
export interface Tensor {
  readonly dtype: DataType;
  readonly dims: readonly number[];
  readonly data: TensorData;
}

/** Returns the number of elements of a tensor with these dimensions. */
export function elementCount(dims: readonly number[]): number {
  return dims.reduce((product, dim) => product * dim, 1);
}

/** Returns a float32 tensor over `data`, which is not copied. */
export function float32Tensor(dims: readonly number[], data: Float32Array): Tensor {
  return { dtype: 'float32', dims, data };
}

/** Returns whole numbers as an int64 tensor of one dimension, as operators take shapes and axes. */
export function int64Tensor(values: readonly number[]): Tensor {
  return { dtype: 'int64', dims: [values.length], data: BigInt64Array.from(values, BigInt) };
}
