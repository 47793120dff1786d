import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { AgentError } from '../../../errors.js';
import { hostProblem } from './host.js';
import { libraryPath } from './libraryPath.js';
import { librarySha256, litertVersion } from './libraryRelease.js';

const mend = 'detptq engines install litert';

/** Paths of libraries that were found to be the release's: a process that has loaded one keeps it. */
const verified = new Set<string>();

/**
 * Returns the path of LiteRT's library, checked to be the release's: loading one that is cut short kills the process.
 *
 * @param path by default where the agent keeps it
 * @throws AgentError `engine_unavailable` where it is not installed or damaged, with the command that installs it, or cannot
 *   run here
 */
export async function findLibrary(path = libraryPath()): Promise<string> {
  const problem = hostProblem();
  if (problem !== undefined) throw new AgentError('engine_unavailable', problem);
  if (path !== undefined && verified.has(path)) return path;
  const bytes = path === undefined ? undefined : await readFile(path).catch(() => undefined);
  if (path === undefined || bytes === undefined) throw unavailable('is not installed', path);
  if (sha256(bytes) !== librarySha256[process.arch]) {
    throw unavailable(`${path} is damaged or not of release ${litertVersion}`, path);
  }
  verified.add(path);
  return path;
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function unavailable(what: string, path: string | undefined): AgentError {
  return new AgentError('engine_unavailable', `LiteRT's library ${what}; mend: ${mend}`, {
    detail: { expected: path, mend },
  });
}
