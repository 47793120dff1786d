import { createHash, randomUUID } from 'node:crypto';
import { readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeWithParents } from '../makeWithParents.js';

/** Of the newest models of a device, and their float parents. */
const maxEntries = 16;
/** Of a file that is being written: it has the size of a model, and nobody looks for it again where a write was killed. */
const unfinishedSuffix = '.new';

/**
 * What an engine made of graphs, in a folder: one file each, by a key that holds everything it depends on. A file is a line
 * with the digest of the key and the rest, and the rest: one that was given another's name is none. Whatever cannot be read, written or trusted counts as absent; files appear
 * whole, so that processes may share the folder; of too many of one suffix the oldest go first.
 */
export class EngineCache {
  readonly #folder: string;
  readonly #suffix: string;

  /** @param suffix of the engine's files, such as `.lowered`: engines may share a folder */
  constructor(folder: string, suffix: string) {
    this.#folder = folder;
    this.#suffix = suffix;
  }

  /** Returns what `decode` makes of the entry; `undefined` where there is none, or where it throws. */
  async read<Entry>(key: string, decode: (content: Buffer) => Entry): Promise<Entry | undefined> {
    try {
      const file = await readFile(this.#pathOf(key));
      const digestEnd = file.indexOf('\n');
      const content = file.subarray(digestEnd + 1);
      return file.toString('latin1', 0, digestEnd) === sealOf(key, content) ? decode(content) : undefined;
    } catch {
      return undefined;
    }
  }

  async write(key: string, content: Uint8Array): Promise<void> {
    const temporary = join(this.#folder, `.${randomUUID()}${unfinishedSuffix}`);
    try {
      await makeWithParents(this.#folder, 0o700);
      const file = Buffer.concat([Buffer.from(`${sealOf(key, content)}\n`), content]);
      await writeFile(temporary, file, { mode: 0o600 });
      await rename(temporary, this.#pathOf(key));
      await this.#removeOldest();
    } catch {
      await rm(temporary, { force: true }).catch(() => undefined);
    }
  }

  #pathOf(key: string): string {
    return join(this.#folder, `${key}${this.#suffix}`);
  }

  async #removeOldest(): Promise<void> {
    const names = (await readdir(this.#folder)).filter((name) => name.endsWith(this.#suffix));
    if (names.length <= maxEntries) return;
    const times = await Promise.all(
      names.map(async (name) => ({ name, writtenMs: (await stat(join(this.#folder, name))).mtimeMs })),
    );
    times.sort((a, b) => b.writtenMs - a.writtenMs);
    for (const { name } of times.slice(maxEntries)) await rm(join(this.#folder, name), { force: true });
  }
}

/**
 * Removes what killed writes left in `folder`. A process that writes meanwhile may lose its entry, which then counts as
 * absent; what cannot be removed stays.
 */
export async function removeUnfinished(folder: string): Promise<void> {
  try {
    const names = (await readdir(folder)).filter((name) => name.endsWith(unfinishedSuffix));
    for (const name of names) await rm(join(folder, name), { force: true });
  } catch {
    // A folder that is not there has none.
  }
}

function sealOf(key: string, content: Uint8Array): string {
  return createHash('sha256').update(`${key}\n`).update(content).digest('hex');
}
