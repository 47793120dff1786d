import { readFile } from 'node:fs/promises';

/** Names one process for good: a pid alone is given to another process sooner or later, and after a reboot. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Clock ticks from boot to the start of the process. */
  readonly startTicks: string;
  readonly bootId: string;
}

/** Returns the identity of a live process, or `undefined` when there is none of that pid. Linux only. */
export async function processIdentity(pid: number): Promise<ProcessIdentity | undefined> {
  try {
    const [stat, bootId] = await Promise.all([
      readFile(`/proc/${pid}/stat`, 'utf8'),
      readFile('/proc/sys/kernel/random/boot_id', 'utf8'),
    ]);
    // proc(5): the name, field 2, is in parentheses and may hold blanks; starttime is field 22.
    const afterName = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
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
