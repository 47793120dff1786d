import { create } from '@bufbuild/protobuf';
import type { Attribute } from '../graph.js';
import {
  type AttributeProto,
  AttributeProtoSchema,
  AttributeProto_AttributeType as Type,
} from '../onnx.pb.js';
import { dataTypeOf } from './dataTypes.js';
import { decodeTensor, encodeTensor } from './tensorCodec.js';

const utf8 = new TextDecoder('utf-8', { fatal: true });

/**
 * Returns the value of an attribute. A kind that is not modelled, a tensor of an element type that is not modelled
 * and a string that is not UTF-8 come back opaque: the proto itself.
 */
export function decodeAttribute(proto: AttributeProto, where: string): Attribute {
  switch (proto.type) {
    case Type.FLOAT:
      return { type: 'float', value: proto.f };
    case Type.INT:
      return { type: 'int', value: proto.i };
    case Type.FLOATS:
      return { type: 'floats', value: proto.floats };
    case Type.INTS:
      return { type: 'ints', value: proto.ints };
    case Type.STRING:
      return decodeText(proto, () => ({ type: 'string', value: utf8.decode(proto.s) }));
    case Type.STRINGS:
      return decodeText(proto, () => ({
        type: 'strings',
        value: proto.strings.map((text) => utf8.decode(text)),
      }));
    case Type.TENSOR:
      if (proto.t === undefined || dataTypeOf(proto.t.dataType) === undefined) break;
      return { type: 'tensor', value: decodeTensor(proto.t, where) };
  }
  return { type: 'opaque', value: proto };
}

/** Returns an attribute as a proto. The inverse of `decodeAttribute`. */
export function encodeAttribute(name: string, attribute: Attribute): AttributeProto {
  const text = new TextEncoder();
  switch (attribute.type) {
    case 'float':
      return create(AttributeProtoSchema, { name, type: Type.FLOAT, f: attribute.value });
    case 'int':
      return create(AttributeProtoSchema, { name, type: Type.INT, i: attribute.value });
    case 'floats':
      return create(AttributeProtoSchema, { name, type: Type.FLOATS, floats: [...attribute.value] });
    case 'ints':
      return create(AttributeProtoSchema, { name, type: Type.INTS, ints: [...attribute.value] });
    case 'string':
      return create(AttributeProtoSchema, { name, type: Type.STRING, s: text.encode(attribute.value) });
    case 'strings': {
      const strings = attribute.value.map((value) => text.encode(value));
      return create(AttributeProtoSchema, { name, type: Type.STRINGS, strings });
    }
    case 'tensor':
      return create(AttributeProtoSchema, { name, type: Type.TENSOR, t: encodeTensor('', attribute.value) });
    case 'opaque':
      return attribute.value as AttributeProto;
  }
}

function decodeText(proto: AttributeProto, decode: () => Attribute): Attribute {
  try {
    return decode();
  } catch {
    return { type: 'opaque', value: proto };
  }
}
