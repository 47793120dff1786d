import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { loweringVersion } from './loweredModel.js';

/**
 * Returns a name for what onnxruntime makes of a graph here: the same for the same graph, library, lowering, processor and
 * number of threads.
 */
export function cacheKey(
  onnx: Uint8Array,
  { engineVersion, threads }: { readonly engineVersion: string; readonly threads: number },
): string {
  const machine = `${process.arch} ${processorFeatures()}`;
  return createHash('sha256')
    .update(`${loweringVersion} ${engineVersion} ${threads} ${machine}\n`)
    .update(onnx)
    .digest('hex');
}

/** Which instructions the processor has: the library picks its kernels by them. */
function processorFeatures(): string {
  try {
    return /^(?:flags|Features)\s*:.*$/m.exec(readFileSync('/proc/cpuinfo', 'utf8'))?.[0] ?? '';
  } catch {
    return '';
  }
}
