import { AgentError } from '../../errors.js';
import { storage } from '../../graph/codec/dataTypes.js';
import type { DataType } from '../../graph/tensor.js';
import type { TensorMap } from '../engine.js';

/** A message and the tensors beside it. */
export interface Frame<Message> {
  readonly message: Message;
  readonly tensors: TensorMap;
}

interface Header {
  readonly message: unknown;
  readonly tensors: readonly TensorHeader[];
}

interface TensorHeader {
  readonly name: string;
  readonly dtype: DataType;
  readonly dims: readonly number[];
  /** Number of elements: of a tensor that is ill-formed it need not be the product of `dims`. */
  readonly length: number;
}

/** Typed arrays want their bytes aligned to the size of an element, which is at most this. */
const alignment = 8;

/**
 * Returns the bytes of a frame: the length of the header (uint32, little endian), the header in JSON, then each tensor's
 * elements as they lie in memory, each padded to 8 bytes. Both ends run on the same machine, so share its byte order.
 */
export function encodeFrame({ message, tensors }: Frame<unknown>): Uint8Array<ArrayBuffer> {
  const entries = Object.entries(tensors);
  const header: Header = {
    message,
    tensors: entries.map(([name, { dtype, dims, data }]) => ({ name, dtype, dims, length: data.length })),
  };
  const headerBytes = new TextEncoder().encode(JSON.stringify(header, withoutBigInts));
  const payloadStart = aligned(4 + headerBytes.length);
  const sizeBytes = entries.reduce((sum, [, { data }]) => sum + aligned(data.byteLength), payloadStart);
  const bytes = new Uint8Array(sizeBytes);
  new DataView(bytes.buffer).setUint32(0, headerBytes.length, true);
  bytes.set(headerBytes, 4);
  let offset = payloadStart;
  for (const [, { data }] of entries) {
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), offset);
    offset += aligned(data.byteLength);
  }
  return bytes;
}

/**
 * Returns the frame that the bytes hold. Its tensors are views of `bytes`.
 *
 * @throws AgentError `internal` when the bytes are no frame
 */
export function decodeFrame<Message>(bytes: ArrayBuffer): Frame<Message> {
  try {
    const headerLength = new DataView(bytes).getUint32(0, true);
    const header = JSON.parse(new TextDecoder().decode(new Uint8Array(bytes, 4, headerLength))) as Header;
    let offset = aligned(4 + headerLength);
    const tensors = header.tensors.map(({ name, dtype, dims, length }) => {
      const ArrayOf = storage[dtype].array;
      const data = new ArrayOf(bytes, offset, length);
      offset += aligned(data.byteLength);
      return [name, { dtype, dims, data }] as const;
    });
    return { message: header.message as Message, tensors: Object.fromEntries(tensors) };
  } catch (cause) {
    throw new AgentError('internal', `expected a frame, got ${bytes.byteLength} bytes that are none`, {
      cause,
    });
  }
}

/** JSON has no integers of 64 bits; the detail of an error may. */
function withoutBigInts(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? String(value) : value;
}

function aligned(sizeBytes: number): number {
  return Math.ceil(sizeBytes / alignment) * alignment;
}
