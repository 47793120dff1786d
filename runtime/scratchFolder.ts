import { createHash } from 'node:crypto';
import { rmSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { processIdentity } from './processIdentity.js';

/** A process id means something on one host only, and containers that share a folder for temporary files are several. */
const host = createHash('sha256').update(hostname()).digest('hex').slice(0, 5);

/** `detptq-KIND-HOST-OWNER-RANDOM`, short because there are programs that make sockets in it, whose paths are short. */
const pattern = new RegExp(`^detptq-[a-z]+-${host}-(?<owner>[0-9a-z]+-[0-9a-z]+)-\\w{6}$`);

/**
 * Returns the path of a new, empty folder for temporary files of this process, after removing those that killed processes
 * have left behind.
 *
 * @param kind what it is for, in lower-case letters
 */
export async function makeScratchFolder(kind: string): Promise<string> {
  await removeAbandonedScratch();
  return mkdtemp(join(tmpdir(), `detptq-${kind}-${host}-${await ownerName(process.pid)}-`));
}

/** Removes the scratch folders of processes of this host that run no more. */
export async function removeAbandonedScratch(): Promise<void> {
  // Where this process cannot be looked up, others cannot either.
  if ((await processIdentity(process.pid)) === undefined) return;
  const entries = await readdir(tmpdir()).catch(() => []);
  await Promise.all(
    entries.map(async (entry) => {
      if (await isAbandoned(entry)) await removeScratchFolder(join(tmpdir(), entry));
    }),
  );
}

/** Removes a scratch folder; what cannot be removed now is left to the next process that makes one. */
export async function removeScratchFolder(path: string): Promise<void> {
  // What wrote there may end a moment after it was told to.
  const options = { recursive: true, force: true, maxRetries: 10, retryDelay: 50 };
  await rm(path, options).catch(() => undefined);
}

/** As `removeScratchFolder`, for a process that is about to end. */
export function removeScratchFolderNow(path: string): void {
  try {
    rmSync(path, { recursive: true, force: true, maxRetries: 5, retryDelay: 20 });
  } catch {
    // The next one removes it.
  }
}

async function isAbandoned(entry: string): Promise<boolean> {
  const owner = pattern.exec(entry)?.groups?.owner;
  return owner !== undefined && owner !== (await ownerName(Number.parseInt(owner, 36)));
}

/** Its start tells a process from its predecessor, which in a container has the same pid every time. */
async function ownerName(pid: number): Promise<string> {
  const startTicks = (await processIdentity(pid))?.startTicks ?? '0';
  return `${pid.toString(36)}-${Number(startTicks).toString(36)}`;
}
