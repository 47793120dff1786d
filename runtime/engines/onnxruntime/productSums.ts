import { readFileSync } from 'node:fs';
import { arch } from 'node:process';

/**
 * Returns whether this processor's kernels for u8 activations and s8 weights add two products in 16 bits, where the largest
 * ones saturate: those of x86-64 without VNNI do (MLAS' with AVX2 and AVX-512). Where the processor does not say what
 * it has, they are taken to.
 */
export function productSumsSaturate(): boolean {
  if (arch !== 'x64' && arch !== 'ia32') return false;
  saturate ??= !/\bavx(?:512)?_vnni\b/.test(processorFlags());
  return saturate;
}

/** Two products of an activation's largest code, 255, with it are 32640: they fit into 16 bits. */
const largestSafeCode = 64;

/** Returns whether two products of these weights may exceed 16 bits. Those of 7 bits and fewer never do. */
export function exceedsProductSums(codes: Int8Array): boolean {
  return codes.some((code) => Math.abs(code) > largestSafeCode);
}

let saturate: boolean | undefined;

function processorFlags(): string {
  try {
    return /^flags\s*:.*$/m.exec(readFileSync('/proc/cpuinfo', 'utf8'))?.[0] ?? '';
  } catch {
    return '';
  }
}
