import { readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileError, makeFolder } from './atomicFile.js';

/** Ids have no dot. */
const folderName = (jobId: string, attempt: number) => `${jobId}.${attempt}`;

/** Returns the id of the job whose scratch is in a folder of that name. */
export function jobOfFolder(name: string): string {
  return name.split('.')[0]!;
}

/**
 * Makes the scratch folder of a job's attempt, with what the attempt before has left, and returns its path.
 *
 * @throws AgentError `disk_full`, `file_unreadable`
 */
export async function jobFolder(
  workFolder: string,
  { jobId, attempt }: { readonly jobId: string; readonly attempt: number },
): Promise<string> {
  const own = folderName(jobId, attempt);
  const path = join(workFolder, own);
  await makeFolder(workFolder);
  try {
    const [before] = (await foldersOf(workFolder, jobId)).filter((name) => name !== own);
    if (before !== undefined) await rename(join(workFolder, before), path);
  } catch (cause) {
    throw fileError(cause, 'read', workFolder);
  }
  await makeFolder(path);
  return path;
}

/** Removes the scratch of a job. @throws AgentError `file_unreadable` */
export async function removeJobFolders(workFolder: string, jobId: string): Promise<void> {
  try {
    for (const name of await foldersOf(workFolder, jobId))
      await rm(join(workFolder, name), { recursive: true, force: true, maxRetries: 3 });
  } catch (cause) {
    throw fileError(cause, 'remove', workFolder);
  }
}

/** The folders of a job's attempts, the latest first. */
async function foldersOf(workFolder: string, jobId: string): Promise<string[]> {
  const names = (await readdir(workFolder)).filter((name) => jobOfFolder(name) === jobId);
  const attemptOf = (name: string) => Number(name.split('.')[1]);
  return names.sort((a, b) => attemptOf(b) - attemptOf(a));
}
