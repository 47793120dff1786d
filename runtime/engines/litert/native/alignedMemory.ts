import type { LitertLibrary } from './bindings.js';

/** Where LiteRT wants the memory of tensors to begin (`LITERT_HOST_MEMORY_BUFFER_ALIGNMENT`). */
const alignment = 64;

/** XNNPACK reads beyond the end of what it is given, by up to so many bytes (`XNN_EXTRA_BYTES`, its largest). */
const overread = 128;

/** Returns so many bytes, zero, that begin where LiteRT wants them to. */
export function alignedMemory(library: LitertLibrary, sizeBytes: number): Uint8Array<ArrayBuffer> {
  const memory = new ArrayBuffer(sizeBytes + alignment + overread);
  const offset = Number(-library.addressOf(memory) & BigInt(alignment - 1));
  return new Uint8Array(memory, offset, sizeBytes);
}
