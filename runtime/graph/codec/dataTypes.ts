import { TensorProto_DataType as Onnx } from '../onnx.pb.js';
import type { DataType, TensorData } from '../tensor.js';

interface Storage {
  /** `TensorProto.DataType` in a file. */
  readonly onnx: Onnx;
  /** Bits of one element in `raw_data`. */
  readonly fileBits: number;
  /** Typed array that holds the elements in memory. */
  readonly array: {
    new (length: number): TensorData;
    new (buffer: ArrayBuffer, byteOffset?: number, length?: number): TensorData;
    readonly BYTES_PER_ELEMENT: number;
  };
}

/** How each element type is stored in a file and in memory. */
export const storage: Readonly<Record<DataType, Storage>> = {
  float32: { onnx: Onnx.FLOAT, fileBits: 32, array: Float32Array },
  float16: { onnx: Onnx.FLOAT16, fileBits: 16, array: Uint16Array },
  float64: { onnx: Onnx.DOUBLE, fileBits: 64, array: Float64Array },
  int4: { onnx: Onnx.INT4, fileBits: 4, array: Int8Array },
  uint4: { onnx: Onnx.UINT4, fileBits: 4, array: Uint8Array },
  int8: { onnx: Onnx.INT8, fileBits: 8, array: Int8Array },
  uint8: { onnx: Onnx.UINT8, fileBits: 8, array: Uint8Array },
  int16: { onnx: Onnx.INT16, fileBits: 16, array: Int16Array },
  uint16: { onnx: Onnx.UINT16, fileBits: 16, array: Uint16Array },
  int32: { onnx: Onnx.INT32, fileBits: 32, array: Int32Array },
  uint32: { onnx: Onnx.UINT32, fileBits: 32, array: Uint32Array },
  int64: { onnx: Onnx.INT64, fileBits: 64, array: BigInt64Array },
  uint64: { onnx: Onnx.UINT64, fileBits: 64, array: BigUint64Array },
  bool: { onnx: Onnx.BOOL, fileBits: 8, array: Uint8Array },
};

/** Returns the least and the greatest code of an integer type. */
export function codeRange(dtype: DataType): { qmin: number; qmax: number } {
  const count = 2 ** storage[dtype].fileBits;
  return dtype.startsWith('u') ? { qmin: 0, qmax: count - 1 } : { qmin: -count / 2, qmax: count / 2 - 1 };
}

const byOnnx = new Map(
  Object.entries(storage).map(([dtype, { onnx }]) => [onnx as number, dtype as DataType]),
);

/** Returns the element type with this `TensorProto.DataType`, or undefined when it is not supported. */
export function dataTypeOf(onnx: number): DataType | undefined {
  return byOnnx.get(onnx);
}

/** Returns the name that ONNX gives a `TensorProto.DataType`, for messages. */
export function onnxTypeName(onnx: number): string {
  return Onnx[onnx] ?? `unknown type ${onnx}`;
}
