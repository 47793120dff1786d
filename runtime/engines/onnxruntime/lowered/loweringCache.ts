import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ImageCodes } from '../../imageCodes.js';

/** What is remembered of a graph: its lowered form, or that it runs quicker as it stands. */
export interface CacheEntry {
  readonly note: string;
  readonly lowered?: {
    readonly bytes: Uint8Array;
    readonly codes: Readonly<Record<string, ImageCodes>>;
  };
}

/** Of the newest models of a device: float parents are not lowered. */
const maxEntries = 16;
const suffix = '.lowered';

/**
 * A folder of lowered graphs, one file each, by a key that holds everything they depend on. A file is a line of JSON, the
 * digest of the rest first, and the ONNX file. Whatever cannot be read, written or trusted counts as absent; files appear
 * whole, so that processes may share the folder; of too many the oldest go first.
 */
export class LoweringCache {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  async read(key: string): Promise<CacheEntry | undefined> {
    try {
      return decode(await readFile(this.#pathOf(key)));
    } catch {
      return undefined;
    }
  }

  async write(key: string, entry: CacheEntry): Promise<void> {
    const temporary = join(this.#folder, `.${randomUUID()}.new`);
    try {
      await mkdir(this.#folder, { recursive: true, mode: 0o700 });
      await writeFile(temporary, encode(entry), { mode: 0o600 });
      await rename(temporary, this.#pathOf(key));
      await this.#removeOldest();
    } catch {
      await rm(temporary, { force: true }).catch(() => undefined);
    }
  }

  #pathOf(key: string): string {
    return join(this.#folder, `${key}${suffix}`);
  }

  async #removeOldest(): Promise<void> {
    const names = (await readdir(this.#folder)).filter((name) => name.endsWith(suffix));
    if (names.length <= maxEntries) return;
    const times = await Promise.all(
      names.map(async (name) => ({ name, writtenMs: (await stat(join(this.#folder, name))).mtimeMs })),
    );
    times.sort((a, b) => b.writtenMs - a.writtenMs);
    for (const { name } of times.slice(maxEntries)) await rm(join(this.#folder, name), { force: true });
  }
}

function encode({ note, lowered }: CacheEntry): Uint8Array {
  const head = JSON.stringify({ note, codes: lowered?.codes });
  const rest = Buffer.concat([Buffer.from(`${head}\n`), lowered?.bytes ?? new Uint8Array()]);
  return Buffer.concat([Buffer.from(`${sha256(rest)}\n`), rest]);
}

function decode(file: Buffer): CacheEntry | undefined {
  const digestEnd = file.indexOf('\n');
  const rest = file.subarray(digestEnd + 1);
  if (digestEnd < 0 || file.toString('latin1', 0, digestEnd) !== sha256(rest)) return undefined;
  const headEnd = rest.indexOf('\n');
  const { note, codes } = JSON.parse(rest.toString('utf8', 0, headEnd));
  return codes === undefined ? { note } : { note, lowered: { codes, bytes: rest.subarray(headEnd + 1) } };
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
