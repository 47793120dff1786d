import { open, readFile, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { AgentError, type ErrorCode } from '../../runtime/errors.js';
import { makeWithParents } from '../../runtime/makeWithParents.js';

const codeOfErrno: Readonly<Record<string, ErrorCode>> = {
  ENOENT: 'file_not_found',
  ENOSPC: 'disk_full',
  EDQUOT: 'disk_full',
};

/** Returns the AgentError for a failed file operation: `disk_full`, `file_not_found`, else `file_unreadable`. */
export function fileError(cause: unknown, action: 'read' | 'write' | 'remove', path: string): AgentError {
  if (cause instanceof AgentError) return cause;
  const { code = '', message } = cause as NodeJS.ErrnoException;
  return new AgentError(codeOfErrno[code] ?? 'file_unreadable', `cannot ${action} ${path}: ${message}`, {
    cause,
    detail: { where: path },
  });
}

/** Makes the names in `folder` durable: a rename survives a power cut only once its folder is synced. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Writes a file and waits until its bytes are on disk. Its name is durable only after {@link syncFolder}. */
export async function writeFileSynced(path: string, data: string | Uint8Array): Promise<void> {
  const handle = await open(path, 'w', 0o600);
  try {
    await handle.writeFile(data);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/**
 * Replaces a file so that a reader, or a start after a power cut, finds the old bytes or the new ones, never a mix.
 * One writer per path at a time; the folder must exist.
 *
 * @throws AgentError `disk_full`, `file_not_found`, `file_unreadable`; the old file is then untouched
 */
export async function writeFileAtomic(path: string, data: string | Uint8Array): Promise<void> {
  const temporary = `${path}.new`;
  try {
    await writeFileSynced(temporary, data);
    await rename(temporary, path);
    await syncFolder(dirname(path));
  } catch (cause) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw fileError(cause, 'write', path);
  }
}

/**
 * Creates a folder with its parents.
 *
 * @param mode of what is created. Default: readable by its owner only.
 * @throws AgentError `disk_full`, `file_unreadable`
 */
export async function makeFolder(path: string, mode = 0o700): Promise<void> {
  try {
    await makeWithParents(path, mode);
  } catch (cause) {
    throw fileError(cause, 'write', path);
  }
}

/** Returns the text of a file, or `undefined` when there is none. */
export async function readTextIfPresent(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw fileError(cause, 'read', path);
  }
}
