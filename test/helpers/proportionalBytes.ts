import { readFileSync } from 'node:fs';

/** Returns the memory of some processes, in bytes: their proportional set sizes, where what they share counts once. */
export function proportionalBytes(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => {
    const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
    return sum + 1024 * Number(/^Pss:\s+(\d+)/m.exec(text)?.[1] ?? 0);
  }, 0);
}
