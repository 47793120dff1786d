import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { ChosenForms } from '../../loweringForms.js';
import { loweringVersion } from './loweredModel.js';

export interface CacheKeyOptions {
  readonly engineVersion: string;
  readonly threads: number;
  /** What overrules the choice of forms; by default nothing. */
  readonly chosen?: ChosenForms | undefined;
}

/**
 * Returns a name for what onnxruntime makes of a graph here: the same for the same graph, library, lowering, processor and
 * number of threads, and the same overruled forms.
 */
export function cacheKey(onnx: Uint8Array, { engineVersion, threads, chosen = {} }: CacheKeyOptions): string {
  const machine = `${process.arch} ${processorFeatures()}`;
  return createHash('sha256')
    .update(
      `${loweringVersion} ${engineVersion} ${threads} ${JSON.stringify(Object.entries(chosen).sort())} ${machine}\n`,
    )
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
