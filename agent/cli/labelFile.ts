import { readFile } from 'node:fs/promises';
import { AgentError } from '../../runtime/errors.js';
import { fileError } from '../state/atomicFile.js';

/**
 * Returns the manifest's `labels`, as JSON, that `--labels` names: `coco80`, or a file with a class name per line, in
 * output order; empty lines at its end do not count.
 *
 * @throws AgentError `file_not_found`, `file_unreadable`; `usage` for a file without names or with an empty line
 */
export async function labelsFrom(source: string): Promise<string> {
  if (source === 'coco80') return JSON.stringify(source);
  const names = (await readText(source))
    .trimEnd()
    .split(/\r?\n/)
    .map((line) => line.trim());
  const empty = names.indexOf('');
  if (empty < 0) return JSON.stringify(names);
  throw new AgentError('usage', `${source}: expected a class name per line, got none on line ${empty + 1}`, {
    detail: { where: `${source}:${empty + 1}`, expected: 'a class name per line, in output order' },
  });
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw fileError(cause, 'read', path);
  }
}
