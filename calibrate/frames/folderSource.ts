import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AgentError } from '../../runtime/errors.js';
import type { Frame, FrameSource } from './frame.js';
import { listImageFiles } from './imageFiles.js';

export interface FolderOptions {
  /**
   * Start over after the last image, as a camera would go on; the folder is listed anew each time. Default
   * false.
   */
  readonly loop?: boolean;
}

/**
 * A folder of images as a source of frames, by name; files that are no images by their extension are
 * skipped.
 */
export function folderSource(folder: string, { loop = false }: FolderOptions = {}): FrameSource {
  return {
    description: `folder ${folder}`,
    endless: loop,
    async *frames(signal?: AbortSignal) {
      do {
        for (const name of (await listImageFiles(folder)).names) {
          if (signal?.aborted) return;
          yield await readFrame(folder, name);
        }
      } while (loop);
    },
  };
}

/**
 * Returns the file as a frame, whatever its content.
 *
 * @throws AgentError `file_not_found`, `file_unreadable`
 */
export async function readFrame(folder: string, name: string): Promise<Frame> {
  const path = join(folder, name);
  try {
    return { bytes: await readFile(path), name };
  } catch (cause) {
    const absent = (cause as NodeJS.ErrnoException).code === 'ENOENT';
    throw new AgentError(
      absent ? 'file_not_found' : 'file_unreadable',
      `${path}: ${absent ? 'the image is gone' : (cause as Error).message}`,
      { cause, detail: { where: path } },
    );
  }
}
