/**
 * Returns 4-bit codes unpacked to one per element. ONNX packs two per byte, the first in the low half; an odd last
 * byte's high half is padding.
 */
export function unpackInt4(
  packed: ArrayLike<number>,
  count: number,
  { signed }: { signed: boolean },
): Int8Array | Uint8Array {
  const codes = signed ? new Int8Array(count) : new Uint8Array(count);
  for (let index = 0; index < count; index++) {
    const byte = packed[index >> 1]!;
    const code = index % 2 === 0 ? byte & 0xf : (byte >> 4) & 0xf;
    codes[index] = signed && code > 7 ? code - 16 : code;
  }
  return codes;
}

/** Returns 4-bit codes (-8..7 or 0..15) packed two per byte, the first in the low half. */
export function packInt4(codes: ArrayLike<number>): Uint8Array {
  const packed = new Uint8Array(Math.ceil(codes.length / 2));
  for (let index = 0; index < codes.length; index++) {
    packed[index >> 1]! |= (codes[index]! & 0xf) << (index % 2 === 0 ? 0 : 4);
  }
  return packed;
}
