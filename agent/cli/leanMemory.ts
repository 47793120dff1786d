import { createRequire } from 'node:module';
import { setFlagsFromString } from 'node:v8';

/** Of malloc.h. */
const options = { trimThreshold: -1, mmapThreshold: -3, arenaMax: -8 } as const;
/** Blocks from this size on go back to the system when they are freed. */
const largeBytes = 128 * 1024;

/** Has young objects get 2 MB in place of 32, from now on: most of what a search makes are large arrays beside V8's heap. */
export function saveYoungHeap(): void {
  setFlagsFromString('--semi-space-growth-factor=1');
}

/**
 * Has glibc give large blocks back to the system when they are freed, and threads share one heap, from now on: else what is free
 * between the blocks in use is up to half of what a search takes (mallopt(3)). A search takes a tenth longer. With another C library it does
 * nothing.
 */
export function saveBlocks(): void {
  const set = glibc()?.func('int mallopt(int option, int value)');
  set?.(options.arenaMax, 1);
  set?.(options.mmapThreshold, largeBytes);
  set?.(options.trimThreshold, largeBytes);
}

/**
 * Returns what gives the system back memory that native libraries have freed, which glibc keeps for them, in a quantization up to a
 * hundred megabytes (malloc_trim(3)). With another C library it does nothing.
 */
export function freedMemoryReturner(): () => void {
  const trim = glibc()?.func('int malloc_trim(size_t pad)');
  return () => void trim?.(0);
}

function glibc() {
  try {
    const koffi: typeof import('koffi')['default'] = createRequire(import.meta.url)('koffi');
    return koffi.load('libc.so.6');
  } catch {
    return undefined;
  }
}
