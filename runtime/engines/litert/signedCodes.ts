/** The highest bit of each of four bytes: a code that is 128 less, in two's complement. */
const highestBits = 0x80808080;

/** Makes uint8 codes int8 codes that are 128 less, in place. @param codes begin at a multiple of 4 bytes */
export function toSignedCodes(codes: Uint8Array): void {
  const { buffer, byteOffset, byteLength } = codes;
  const words = new Uint32Array(buffer, byteOffset, byteLength >>> 2);
  for (let index = 0; index < words.length; index++) words[index]! ^= highestBits;
  for (let index = words.length * 4; index < byteLength; index++) codes[index]! ^= 0x80;
}
