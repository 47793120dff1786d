import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';

/** Of a container's own cgroup, version 2: microseconds of processor time, or `max`, and the period they are for. */
const quotaFile = '/sys/fs/cgroup/cpu.max';

/** Returns how many cores this process may keep busy: those that it may run on, or fewer by the quota of its container; at least 1. */
export function usableCores(path = quotaFile, cores = availableParallelism()): number {
  const [quota = Number.NaN, period = Number.NaN] = readQuota(path).split(' ').map(Number);
  const allowed = Math.ceil(quota / period);
  return allowed >= 1 ? Math.min(allowed, cores) : cores;
}

function readQuota(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
