import { totalmem } from 'node:os';
import { defaultBudgetBytes } from '../../calibrate/detptq/quantizeModel.js';

/** The rest is for the system and for what is served beside the search. */
const share = 0.5;
/** A small detector's search takes about as much with everything written to files. */
const leastBytes = 256e6;

/**
 * Returns what a search aims to stay within when nobody has said, in bytes; nothing stops it beyond.
 *
 * @param totalBytes of the box, or of the cgroup that confines the process
 */
export function memoryAim(totalBytes = totalMemory()): number {
  return Math.max(leastBytes, Math.min(defaultBudgetBytes, share * totalBytes));
}

/** Not what is free: in a cgroup the cached pages of files count as used. */
function totalMemory(): number {
  const confinedTo = process.constrainedMemory();
  return confinedTo > 0 ? Math.min(confinedTo, totalmem()) : totalmem();
}
