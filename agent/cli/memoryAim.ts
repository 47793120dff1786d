import { defaultBudgetBytes } from '../../calibrate/detptq/quantizeModel.js';

/** Of the memory that is free, where the box or its cgroup is small: the rest is for what is served beside the search. */
const share = 0.5;
/** Below it a search holds nothing that it could hold less of. */
const leastBytes = 256e6;

/** Returns what a search aims to stay within when nobody has said, in bytes; nothing stops it beyond. */
export function memoryAim(availableBytes = process.availableMemory()): number {
  return Math.max(leastBytes, Math.min(defaultBudgetBytes, share * availableBytes));
}
