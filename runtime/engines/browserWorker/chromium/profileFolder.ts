import { rmSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';

/** A process id means something on one host only, and containers that share a folder for temporary files are several. */
const prefix = `detptq-chromium-${hostname()}-`;

/**
 * Returns the path of a new, empty folder for one Chromium's profile, after removing those that agents which were killed
 * have left behind.
 */
export async function makeProfileFolder(): Promise<string> {
  const entries = await readdir(tmpdir());
  await Promise.all(entries.filter(isAbandoned).map((entry) => removeProfileFolder(join(tmpdir(), entry))));
  return mkdtemp(join(tmpdir(), `${prefix}${process.pid}-`));
}

/** Removes the folder of a Chromium that has ended; what cannot be removed now is left to the next start. */
export async function removeProfileFolder(path: string): Promise<void> {
  // The browser's helpers end a moment after it, and may write until then.
  const options = { recursive: true, force: true, maxRetries: 10, retryDelay: 50 };
  await rm(path, options).catch(() => undefined);
}

/** As `removeProfileFolder`, for a process that is about to end. */
export function removeProfileFolderNow(path: string): void {
  try {
    rmSync(path, { recursive: true, force: true, maxRetries: 5, retryDelay: 20 });
  } catch {
    // The next start removes it.
  }
}

function isAbandoned(entry: string): boolean {
  if (!entry.startsWith(prefix)) return false;
  const pid = Number.parseInt(entry.slice(prefix.length), 10);
  return Number.isInteger(pid) && !isRunning(pid);
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
