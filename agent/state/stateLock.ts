import { link, rename, rm } from 'node:fs/promises';
import { z } from 'zod';
import { AgentError } from '../../runtime/errors.js';
import { isAlive, type ProcessIdentity, processIdentity } from '../../runtime/processIdentity.js';
import { fileError, readTextIfPresent, writeFileSynced } from './atomicFile.js';

const identitySchema = z.object({ pid: z.int(), startTicks: z.string(), bootId: z.string() });

/**
 * Takes the lock file at `path` for this process and returns the function that releases it.
 * A lock whose owner is dead, by pid, start time and boot, is taken over.
 *
 * @throws AgentError `state_locked`, naming the pid that holds it; `disk_full`, `file_unreadable`
 */
export async function acquireStateLock(path: string): Promise<() => Promise<void>> {
  const self = (await processIdentity(process.pid)) ?? { pid: process.pid, startTicks: '', bootId: '' };
  const ownFile = `${path}.${self.pid}.${self.startTicks}`;
  try {
    await writeFileSynced(ownFile, JSON.stringify(self));
    await linkOrTakeOver(ownFile, path);
  } catch (cause) {
    throw fileError(cause, 'write', path);
  } finally {
    await rm(ownFile, { force: true }).catch(() => undefined);
  }
  return async () => {
    await rm(path, { force: true });
  };
}

/** Linking a complete file is what makes the lock atomic: it never exists half written. */
async function linkOrTakeOver(ownFile: string, path: string): Promise<void> {
  for (let attempt = 0; attempt < 3; attempt++) {
    try {
      await link(ownFile, path);
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const owner = await readOwner(path);
    if (owner !== undefined && (await isAlive(owner))) throw lockedBy(owner, path);
    await setAside(path, owner);
  }
  throw new AgentError('state_locked', `${path}: other agents keep taking the lock`, {
    detail: { where: path },
  });
}

/** Renames the dead lock away; if another agent took it over in between, puts that live one back. */
async function setAside(path: string, dead: ProcessIdentity | undefined): Promise<void> {
  const aside = `${path}.stale.${process.pid}`;
  try {
    await rename(path, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  const moved = await readOwner(aside);
  if (moved !== undefined && moved.pid !== dead?.pid && (await isAlive(moved))) await link(aside, path);
  await rm(aside, { force: true });
}

async function readOwner(path: string): Promise<ProcessIdentity | undefined> {
  try {
    return identitySchema.parse(JSON.parse((await readTextIfPresent(path)) ?? ''));
  } catch {
    return undefined;
  }
}

function lockedBy(owner: ProcessIdentity, path: string): AgentError {
  return new AgentError(
    'state_locked',
    `${path} is held by process ${owner.pid}: one agent per state folder`,
    {
      detail: {
        where: path,
        pid: owner.pid,
        mend: 'set DETPTQ_STATE_DIR to another folder, or stop that agent',
      },
    },
  );
}
