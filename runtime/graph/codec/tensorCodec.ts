import { clearField, create } from '@bufbuild/protobuf';
import { AgentError } from '../../errors.js';
import { type TensorProto, TensorProto_DataLocation, TensorProtoSchema } from '../onnx.pb.js';
import { type DataType, elementCount, type Tensor, type TensorData } from '../tensor.js';
import { dataTypeOf, onnxTypeName, storage } from './dataTypes.js';
import { packInt4, unpackInt4 } from './packInt4.js';
import { residueOf } from './residue.js';

/**
 * Returns the tensor that a `TensorProto` holds, in `raw_data` or in a typed field. The data is copied.
 *
 * @throws AgentError `onnx_unsupported` for external data or an element type that is not supported,
 *   `onnx_malformed` when the data does not fit the dimensions
 */
export function decodeTensor(proto: TensorProto, where: string): Tensor {
  if (proto.dataLocation === TensorProto_DataLocation.EXTERNAL || proto.externalData.length > 0) {
    throw new AgentError('onnx_unsupported', `${where}: expected data inside the file, got external data`, {
      detail: { where, mend: "python -c \"import onnx; onnx.save(onnx.load('FILE'), 'ONE_FILE.onnx')\"" },
    });
  }
  const dtype = dataTypeOf(proto.dataType);
  if (dtype === undefined || proto.segment !== undefined) {
    const got = dtype === undefined ? onnxTypeName(proto.dataType) : 'a segment of a tensor';
    throw new AgentError('onnx_unsupported', `${where}: ${got} is not supported`, { detail: { where, got } });
  }
  const dims = decodeDims(proto.dims, where);
  const count = elementCount(dims);
  const data =
    proto.rawData.length > 0 ? fromRaw(proto.rawData, dtype, count) : fromTyped(proto, dtype, count);
  if (data === undefined) {
    throw new AgentError(
      'onnx_malformed',
      `${where}: expected ${count} elements of ${dtype}, got ${describe(proto)}`,
      {
        detail: { where, expected: count },
      },
    );
  }
  return { dtype, dims, data };
}

/** Returns the tensor as a `TensorProto` with `raw_data`, which shares memory with the tensor where it can. */
export function encodeTensor(name: string, tensor: Tensor): TensorProto {
  const { dtype, dims, data } = tensor;
  const rawData =
    storage[dtype].fileBits === 4
      ? packInt4(data as Int8Array | Uint8Array)
      : new Uint8Array(data.buffer as ArrayBuffer, data.byteOffset, data.byteLength);
  return create(TensorProtoSchema, {
    ...(name === '' ? {} : { name }),
    dims: dims.map(BigInt),
    dataType: storage[dtype].onnx,
    rawData,
  });
}

/** Returns what a decoded proto holds beyond its data. The proto is taken apart: it must not be used afterwards. */
export function tensorResidue(proto: TensorProto): Uint8Array | undefined {
  const { name, dims, dataType, rawData, floatData, doubleData, int32Data, int64Data, uint64Data } =
    TensorProtoSchema.field;
  const modelled = [name, dims, dataType, rawData, floatData, doubleData, int32Data, int64Data, uint64Data];
  for (const field of modelled) clearField(proto, field);
  return residueOf(TensorProtoSchema, proto);
}

function decodeDims(dims: readonly bigint[], where: string): number[] {
  const sizes = dims.map(Number);
  if (sizes.some((size) => size < 0) || !Number.isSafeInteger(elementCount(sizes))) {
    throw new AgentError('onnx_malformed', `${where}: [${dims.join(', ')}] are not dimensions of a tensor`);
  }
  return sizes;
}

/** `raw_data` starts anywhere in the file, so it is copied into a buffer of its own, which is aligned. */
function fromRaw(raw: Uint8Array, dtype: DataType, count: number): TensorData | undefined {
  const { fileBits, array } = storage[dtype];
  if (raw.length !== Math.ceil((count * fileBits) / 8)) return undefined;
  if (fileBits === 4) return unpackInt4(raw, count, { signed: dtype === 'int4' });
  const bytes = new Uint8Array(raw.length);
  bytes.set(raw);
  return new array(bytes.buffer);
}

function fromTyped(proto: TensorProto, dtype: DataType, count: number): TensorData | undefined {
  if (storage[dtype].fileBits === 4) {
    if (proto.int32Data.length !== Math.ceil(count / 2)) return undefined;
    return unpackInt4(proto.int32Data, count, { signed: dtype === 'int4' });
  }
  const values = typedField(proto, dtype);
  if (values.length !== count) return undefined;
  const data = new storage[dtype].array(count);
  const wide = dtype === 'int64' || dtype === 'uint64';
  for (let index = 0; index < count; index++) data[index] = wide ? values[index]! : Number(values[index]!);
  return data;
}

function typedField(proto: TensorProto, dtype: DataType): readonly (number | bigint)[] {
  switch (dtype) {
    case 'float32':
      return proto.floatData;
    case 'float64':
      return proto.doubleData;
    case 'int64':
      return proto.int64Data;
    case 'uint32':
    case 'uint64':
      return proto.uint64Data;
    default:
      return proto.int32Data;
  }
}

function describe(proto: TensorProto): string {
  if (proto.rawData.length > 0) return `${proto.rawData.length} bytes`;
  const fields = [proto.floatData, proto.doubleData, proto.int32Data, proto.int64Data, proto.uint64Data];
  return `${Math.max(...fields.map((field) => field.length))} values`;
}
