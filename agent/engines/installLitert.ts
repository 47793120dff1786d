import { readdir, readFile, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { hostProblem, thisHost } from '../../runtime/engines/litert/library/host.js';
import { litertVersion } from '../../runtime/engines/litert/library/libraryRelease.js';
import { litertEngine } from '../../runtime/engines/litert/litertEngine.js';
import { AgentError } from '../../runtime/errors.js';
import { makeScratchFolder, removeScratchFolder } from '../../runtime/scratchFolder.js';
import { fileError, makeFolder, writeFileAtomic } from '../state/atomicFile.js';
import { downloadWheel } from './downloadWheel.js';
import { litertLibrary } from './litertLibrary.js';

export interface InstallRequest {
  /** Where the library goes; where the engine looks for it. */
  readonly libraryPath: string;
  /** A wheel or library that is there already; by default pip fetches the wheel. */
  readonly from?: string;
  readonly signal: AbortSignal;
}

export interface InstalledEngine {
  readonly name: 'litert';
  readonly version: string;
  readonly path: string;
  readonly sizeBytes: number;
}

/**
 * Puts LiteRT's library where the engine looks for it, in place of one that is there, and tries it.
 *
 * @throws AgentError `engine_unavailable` on a machine that it is not made for, or where it does not work;
 *   `engine_library_invalid`, `pip_missing`, `download_failed`, `file_not_found`, `file_unreadable`, `disk_full`, `aborted`
 */
export async function installLitert({ libraryPath, from, signal }: InstallRequest): Promise<InstalledEngine> {
  const host = thisHost();
  const problem = hostProblem(host);
  if (problem !== undefined) throw new AgentError('engine_unavailable', problem);
  const library =
    from === undefined
      ? await downloaded(host.arch, signal)
      : litertLibrary(await readBytes(from), from, host.arch);
  await makeFolder(dirname(libraryPath));
  await writeFileAtomic(libraryPath, library);
  const { available, reason } = await litertEngine.probe();
  if (!available) {
    await removeFolder(dirname(libraryPath));
    throw new AgentError('engine_unavailable', `the library was removed again: ${reason}`);
  }
  return { name: 'litert', version: litertVersion, path: libraryPath, sizeBytes: library.length };
}

/**
 * Removes the library and those of other releases, which have folders beside it: an install leaves them to a program that is gone back
 * to. Returns whether there was any.
 *
 * @throws AgentError `file_unreadable`
 */
export async function removeLitert(libraryPath: string): Promise<boolean> {
  const engines = dirname(dirname(libraryPath));
  const releases = (await namesIn(engines)).filter((name) => name.startsWith('litert-'));
  for (const release of releases) await removeFolder(join(engines, release));
  return releases.length > 0;
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw fileError(cause, 'read', folder);
  }
}

async function removeFolder(folder: string): Promise<void> {
  try {
    await rm(folder, { recursive: true, force: true });
  } catch (cause) {
    throw fileError(cause, 'remove', folder);
  }
}

async function downloaded(arch: string, signal: AbortSignal): Promise<Buffer> {
  const folder = await makeScratchFolder('litert');
  try {
    const wheel = await downloadWheel({ folder, arch, signal });
    return litertLibrary(await readBytes(wheel), wheel, arch);
  } finally {
    await removeScratchFolder(folder);
  }
}

async function readBytes(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (cause) {
    throw fileError(cause, 'read', path);
  }
}
