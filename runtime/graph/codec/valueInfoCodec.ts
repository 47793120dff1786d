import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { AgentError } from '../../errors.js';
import type { ValueInfo } from '../graph.js';
import {
  type TensorShapeProto_Dimension,
  TensorShapeProto_DimensionSchema,
  TensorShapeProtoSchema,
  TypeProto_TensorSchema,
  TypeProtoSchema,
  type ValueInfoProto,
  ValueInfoProtoSchema,
} from '../onnx.pb.js';
import { dataTypeOf, storage } from './dataTypes.js';

/** Returns a tensor's name and type, or undefined when the value is no tensor, has no shape or another element type. */
export function decodeValueInfo(proto: ValueInfoProto): ValueInfo | undefined {
  if (proto.type?.value.case !== 'tensorType') return undefined;
  const { elemType, shape } = proto.type.value.value;
  const dtype = dataTypeOf(elemType);
  if (dtype === undefined || shape === undefined) return undefined;
  return { name: proto.name, dtype, dims: shape.dim.map(decodeDim) };
}

/** Returns the type of a graph input or output, which must be a tensor of a supported element type with a shape. */
export function decodePort(proto: ValueInfoProto, where: string): ValueInfo {
  const port = decodeValueInfo(proto);
  if (port !== undefined) return port;
  throw new AgentError(
    'onnx_unsupported',
    `${where}: expected "${proto.name}" to be a tensor of a supported element type with a known rank`,
    { detail: { where: `${where}: ${proto.name}` } },
  );
}

/**
 * Returns the bytes of a value's proto when it holds more than `decodeValueInfo` reads, such as a doc string or the
 * denotation of a dimension.
 */
export function valueResidue(proto: ValueInfoProto): Uint8Array | undefined {
  const value = decodeValueInfo(proto);
  const bytes = toBinary(ValueInfoProtoSchema, proto);
  if (value === undefined) return bytes;
  const plain = toBinary(ValueInfoProtoSchema, encodeValueInfo(value, undefined));
  const isPlain = plain.length === bytes.length && plain.every((byte, index) => byte === bytes[index]);
  return isPlain ? undefined : bytes;
}

/** Returns a value as a proto: the residue where there is one, with name, type and dimensions of `value`. */
export function encodeValueInfo(value: ValueInfo, residue: Uint8Array | undefined): ValueInfoProto {
  const proto =
    residue === undefined ? create(ValueInfoProtoSchema) : fromBinary(ValueInfoProtoSchema, residue);
  proto.name = value.name;
  proto.type ??= create(TypeProtoSchema);
  if (proto.type.value.case !== 'tensorType') {
    proto.type.value = { case: 'tensorType', value: create(TypeProto_TensorSchema) };
  }
  const tensor = proto.type.value.value;
  tensor.elemType = storage[value.dtype].onnx;
  tensor.shape ??= create(TensorShapeProtoSchema);
  const former = tensor.shape.dim.length === value.dims.length ? tensor.shape.dim : [];
  tensor.shape.dim = value.dims.map((size, axis) => encodeDim(size, former[axis]));
  return proto;
}

function decodeDim({ value }: TensorShapeProto_Dimension): number | string | null {
  switch (value.case) {
    case 'dimValue':
      // Some exporters write -1 for a dimension that is not fixed.
      return value.value < 0n ? null : Number(value.value);
    case 'dimParam':
      return value.value;
    default:
      return null;
  }
}

function encodeDim(
  size: number | string | null,
  former: TensorShapeProto_Dimension | undefined,
): TensorShapeProto_Dimension {
  const dim = former ?? create(TensorShapeProto_DimensionSchema);
  if (typeof size === 'number') dim.value = { case: 'dimValue', value: BigInt(size) };
  else if (typeof size === 'string') dim.value = { case: 'dimParam', value: size };
  else dim.value = { case: undefined };
  return dim;
}
