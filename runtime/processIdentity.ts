import { readFile } from 'node:fs/promises';

/** Names one process for good: a pid alone is given to another process sooner or later, and after a reboot. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Clock ticks from boot to the start of the process. */
  readonly startTicks: string;
  readonly bootId: string;
}

/**
 * Returns the identity of a live process, or `undefined` when there is none of that pid, or one that has ended and that nobody has asked
 * about yet: where a container's first process is no init, for good. Linux only.
 */
export async function processIdentity(pid: number): Promise<ProcessIdentity | undefined> {
  try {
    const [stat, bootId] = await Promise.all([
      readFile(`/proc/${pid}/stat`, 'utf8'),
      readFile('/proc/sys/kernel/random/boot_id', 'utf8'),
    ]);
    // proc(5): the name, field 2, is in parentheses and may hold blanks; state is field 3, starttime 22.
    const afterName = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (afterName[0] === 'Z' || afterName[0] === 'X') return undefined;
    return { pid, startTicks: afterName[22 - 3] ?? '', bootId: bootId.trim() };
  } catch {
    return undefined;
  }
}

/** Whether the very process that `identity` names still runs. */
export async function isAlive(identity: ProcessIdentity): Promise<boolean> {
  const now = await processIdentity(identity.pid);
  return now !== undefined && now.startTicks === identity.startTicks && now.bootId === identity.bootId;
}
