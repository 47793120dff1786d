import { chmod } from 'node:fs/promises';
import { fileError, makeFolder, writeFileAtomic } from '../state/atomicFile.js';

/** State is its owner's alone; what a command makes for its user is for others to read, too. */
const readableByAll = 0o644;

/** Creates a folder with its parents. @throws AgentError `disk_full`, `file_unreadable` */
export async function makeOutputFolder(path: string): Promise<void> {
  await makeFolder(path, 0o777);
}

/** Writes a file whole or not at all. @throws AgentError `disk_full`, `file_not_found`, `file_unreadable` */
export async function writeOutputFile(path: string, data: string | Uint8Array): Promise<void> {
  await writeFileAtomic(path, data);
  try {
    await chmod(path, readableByAll);
  } catch (cause) {
    throw fileError(cause, 'write', path);
  }
}
