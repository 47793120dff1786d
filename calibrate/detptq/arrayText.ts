import { z } from 'zod';

/** Returns the codes as base64 text, a third longer than they are. */
export function encodeCodes(codes: Int8Array): string {
  return textOf(codes);
}

/** Returns the numbers, to the last bit, as base64 text of this machine's byte order. */
export function encodeFloats(values: Float32Array): string {
  return textOf(values);
}

/** Reads what `encodeCodes` wrote. */
export const codesSchema = z.base64().transform((text) => new Int8Array(bytesOf(text)));

/** Reads what `encodeFloats` wrote. */
export const floatsSchema = z
  .base64()
  .refine(
    (text) => bytesOf(text).byteLength % Float32Array.BYTES_PER_ELEMENT === 0,
    'expected whole float32s',
  )
  .transform((text) => new Float32Array(bytesOf(text)));

function textOf({ buffer, byteOffset, byteLength }: Int8Array | Float32Array): string {
  return Buffer.from(buffer as ArrayBuffer, byteOffset, byteLength).toString('base64');
}

/** A buffer of its own, which is aligned. */
function bytesOf(text: string): ArrayBuffer {
  return new Uint8Array(Buffer.from(text, 'base64')).buffer;
}
