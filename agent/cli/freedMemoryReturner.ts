import { createRequire } from 'node:module';

/**
 * Returns what gives the system back memory that native libraries have freed, which glibc keeps for them, in a quantization up to a
 * hundred megabytes (malloc_trim(3)). With another C library it does nothing.
 */
export function freedMemoryReturner(): () => void {
  try {
    const koffi: typeof import('koffi')['default'] = createRequire(import.meta.url)('koffi');
    const trim = koffi.load('libc.so.6').func('int malloc_trim(size_t pad)');
    return () => void trim(0);
  } catch {
    return () => {};
  }
}
