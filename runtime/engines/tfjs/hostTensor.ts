import { AgentError } from '../../errors.js';
import { storage } from '../../graph/codec/dataTypes.js';
import type { TensorType } from '../../graph/passes/shapes/rule.js';
import type { DataType, Tensor } from '../../graph/tensor.js';
import { onnxLayout } from '../layout/layout.js';
import { permuted } from '../layout/permuted.js';
import type { TensorflowJs, TfTensor } from './operator.js';

type TfType = 'float32' | 'int32' | 'bool';

/**
 * Returns how TensorFlow.js holds elements of this type, or undefined where it cannot. 64-bit integers are shapes and
 * indices, which fit 32 bits.
 */
export function tfType(dtype: DataType): TfType | undefined {
  if (dtype === 'float32' || dtype === 'bool') return dtype;
  return dtype === 'float16' || dtype === 'float64' || dtype === 'uint32' || dtype === 'uint64'
    ? undefined
    : 'int32';
}

/** Returns a copy of the tensor on the backend that is set, in the layout given (ONNX's by default). */
export function toTf(tf: TensorflowJs, tensor: Tensor, layout = onnxLayout(tensor.dims.length)): TfTensor {
  const { dtype, dims, data } = permuted(tensor, layout);
  const type = tfType(dtype);
  if (type === 'float32') return tf.tensor(data as Float32Array, [...dims], type);
  if (type === 'bool') return tf.tensor(data as Uint8Array, [...dims], type);
  return tf.tensor(Int32Array.from(data as ArrayLike<number | bigint>, toInt32), [...dims], 'int32');
}

/** Reads a tensor back as one of the type given. */
export async function fromTf(tensor: TfTensor, { dtype, dims }: TensorType): Promise<Tensor> {
  const values = await tensor.data();
  const { array } = storage[dtype];
  if (dtype === 'int64') return { dtype, dims, data: BigInt64Array.from(values, BigInt) };
  const data = new array(values.length);
  data.set(values as never);
  return { dtype, dims, data };
}

function toInt32(value: number | bigint): number {
  const number = Number(value);
  if (Number.isInteger(number) && Math.abs(number) <= 2 ** 31) return number;
  throw new AgentError('engine_run_failed', `expected an integer of 32 bits, got ${value}`, {
    detail: { got: String(value) },
  });
}
