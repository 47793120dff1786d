import { readFile } from 'node:fs/promises';
import { AgentError } from '../../runtime/errors.js';
import { type GroundTruth, parseGroundTruth } from './groundTruth.js';

/**
 * Returns the ground truth in the COCO detection file at `path`.
 *
 * @throws AgentError `file_not_found`, `file_unreadable`, `annotations_invalid`
 */
export async function readGroundTruth(path: string): Promise<GroundTruth> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    const absent = (cause as NodeJS.ErrnoException).code === 'ENOENT';
    throw new AgentError(
      absent ? 'file_not_found' : 'file_unreadable',
      `${path}: ${absent ? 'no such annotation file' : (cause as Error).message}`,
      { cause, detail: { where: path } },
    );
  }
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new AgentError('annotations_invalid', `${path}: expected JSON: ${(cause as Error).message}`, {
      cause,
      detail: { where: path, expected: 'JSON' },
    });
  }
  return parseGroundTruth(json, path);
}
