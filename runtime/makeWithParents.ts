import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * Creates a folder with its parents; one that is there is left as it is. Node's own `recursive` never ends where a folder
 * is there but lets none be made in it, as in /proc.
 *
 * @param mode of what is created
 * @throws the system's error
 */
export async function makeWithParents(path: string, mode: number): Promise<void> {
  try {
    await makeOne(path, mode);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') throw cause;
    await makeWithParents(dirname(path), mode);
    await makeOne(path, mode);
  }
}

async function makeOne(path: string, mode: number): Promise<void> {
  try {
    await mkdir(path, { mode });
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'EEXIST' || !(await stat(path)).isDirectory()) throw cause;
  }
}
