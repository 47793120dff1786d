import { readdir } from 'node:fs/promises';
import { AgentError } from '../../runtime/errors.js';

export interface ImageFiles {
  /** Names of the image files, sorted by code unit: the same on every machine. */
  readonly names: readonly string[];
  /** Files that are no images by their extension. */
  readonly otherFiles: number;
}

const imageExtension = /\.(jpe?g|png|webp)$/i;

/**
 * Returns what lies in a folder (not in its subfolders): JPEG, PNG and WebP files by extension.
 *
 * @throws AgentError `file_not_found`, `file_unreadable`; `frames_missing` when there is no image file
 */
export async function listImageFiles(folder: string): Promise<ImageFiles> {
  const files = await readFolder(folder);
  const names = files.filter((name) => imageExtension.test(name)).sort();
  const otherFiles = files.length - names.length;
  if (names.length > 0) return { names, otherFiles };
  const got = otherFiles === 0 ? 'an empty folder' : `${otherFiles} other files`;
  throw new AgentError('frames_missing', `${folder}: expected .jpg, .jpeg, .png or .webp files, got ${got}`, {
    detail: { where: folder, expected: 'image files', got },
  });
}

async function readFolder(folder: string): Promise<string[]> {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    return entries.filter((entry) => !entry.isDirectory()).map(({ name }) => name);
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    const absent = code === 'ENOENT' || code === 'ENOTDIR';
    throw new AgentError(
      absent ? 'file_not_found' : 'file_unreadable',
      `${folder}: ${absent ? 'expected a folder of images, which is not there' : message}`,
      { cause, detail: { where: folder } },
    );
  }
}
