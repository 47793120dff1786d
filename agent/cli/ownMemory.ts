import { readFileSync } from 'node:fs';

/**
 * Returns the bytes of memory that this process holds of its own (Linux: `RssAnon`, proc_pid_status(5)): pages of program and library
 * files, some 70 MB here, are in memory once for all processes, and the system drops them when it needs room. Elsewhere, and before
 * Linux 4.5, those are counted, too.
 */
export function ownMemoryBytes(): number {
  try {
    const [, kilobytes] = /^RssAnon:\s*(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
    if (kilobytes !== undefined) return Number(kilobytes) * 1024;
  } catch {
    // No /proc.
  }
  return process.memoryUsage.rss();
}
