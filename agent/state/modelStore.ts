import { createHash, randomUUID } from 'node:crypto';
import { readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { type Manifest, parseManifest } from '../../runtime/detector/manifest.js';
import { manifestDigest } from '../../runtime/detector/modelFiles.js';
import { AgentError, toAgentError } from '../../runtime/errors.js';
import { fileError, makeFolder, syncFolder, writeFileSynced } from './atomicFile.js';
import { readStoredModel, type StoredModel, type StoreEntry, storedFiles } from './storedModel.js';

export interface NewModel {
  readonly manifestText: string;
  /** The ONNX file that the manifest names. */
  readonly modelBytes: Uint8Array;
  /** Outputs recorded on stored frames, as JSON; checked before the model is put in service. */
  readonly selfTest?: string;
  /** The quantization's report, as JSON. */
  readonly report?: string;
}

export interface StoreListing {
  /** By name, then version. */
  readonly models: readonly StoredModel[];
  /** `state_corrupt` for each folder that holds no whole model. */
  readonly problems: readonly AgentError[];
}

const digestName = /^[0-9a-f]{64}$/;
/** What an addition or a removal works in. */
const temporaryName = /^\.(new|old)-/;
const shortestPrefix = 4;
/** Longer than any addition or removal takes. */
const abandonedMs = 3600 * 1000;

/**
 * The detectors on this device, one content-addressed folder each: `{root}/{digest}/`. A folder appears under its
 * digest whole, by one rename, and never changes; so readers need no lock, and adding twice is adding once.
 */
export class ModelStore {
  readonly #root: string;

  /** @param root an existing folder, or one that the first `add` creates */
  constructor(root: string) {
    this.#root = root;
  }

  /**
   * Stores a model and returns it; one that is there already is returned as it is.
   *
   * @throws AgentError `manifest_invalid`, `manifest_digest_mismatch`, `disk_full`, `file_unreadable`
   */
  async add(model: NewModel): Promise<StoredModel> {
    const manifest = parseManifest(model.manifestText, 'manifest');
    checkWeights(manifest, model.modelBytes);
    const digest = manifestDigest(model.manifestText);
    const { models } = await this.list();
    const present = models.find((stored) => stored.digest === digest);
    if (present !== undefined) return present;
    const versions = models
      .filter(({ name }) => name === manifest.name)
      .map(({ version }) => Number(version));
    const entry = { version: String(Math.max(0, ...versions) + 1), addedAt: new Date().toISOString() };
    const folder = join(this.#root, digest);
    const temporary = join(this.#root, `.new-${randomUUID()}`);
    try {
      await makeFolder(temporary);
      await writeModel(temporary, { model, manifest, entry });
      // A folder of that digest that `list` passed over is not a whole model.
      await rm(folder, { recursive: true, force: true });
      await rename(temporary, folder);
      await syncFolder(this.#root);
    } catch (cause) {
      await rm(temporary, { recursive: true, force: true }).catch(() => undefined);
      throw fileError(cause, 'write', folder);
    }
    return readStoredModel(this.#root, digest);
  }

  /** Returns every model and every folder that should be one and is not. An absent root is an empty store. */
  async list(): Promise<StoreListing> {
    const models: StoredModel[] = [];
    const problems: AgentError[] = [];
    for (const digest of await this.#names(digestName)) {
      try {
        models.push(await readStoredModel(this.#root, digest));
      } catch (error) {
        problems.push(toAgentError(error));
      }
    }
    models.sort((a, b) => a.name.localeCompare(b.name) || Number(a.version) - Number(b.version));
    return { models, problems };
  }

  /**
   * Returns one model: `name` is its newest version, `name@3` that version, and four or more hexadecimal digits
   * the model whose digest begins so. Names go first.
   *
   * @throws AgentError `model_not_found`, also for a prefix of several digests
   */
  async find(query: string): Promise<StoredModel> {
    const { models } = await this.list();
    const named = models.filter(
      (model) => query === model.name || query === `${model.name}@${model.version}`,
    );
    if (named.length > 0) return named.at(-1)!;
    const prefixed =
      query.length < shortestPrefix ? [] : models.filter(({ digest }) => digest.startsWith(query));
    if (prefixed.length === 1) return prefixed[0]!;
    const found = prefixed.length === 0 ? 'no model' : `${prefixed.length} models`;
    const known = models.map((model) => `${model.name}@${model.version}`);
    throw new AgentError(
      'model_not_found',
      `expected the name or digest of a stored model (${known.join(', ') || 'the store is empty'}), got ${query}, which fits ${found}`,
      { detail: { got: query, expected: known, where: this.#root } },
    );
  }

  /**
   * Returns the newest float model called `name` or `name@version`, or `undefined`. Its quantized descendants bear the
   * same name and are newer, so that `find` returns one of those.
   */
  async findFloat(name: string): Promise<StoredModel | undefined> {
    const { models } = await this.list();
    return models.findLast(
      (model) =>
        !model.manifest.quantization && [model.name, `${model.name}@${model.version}`].includes(name),
    );
  }

  /**
   * Removes one model. Its version number is free again only when it was the newest of its name.
   *
   * @param inUse digests that must stay: active, previous and last good
   * @throws AgentError `model_in_use`, `model_not_found`, `file_unreadable`
   */
  async remove(query: string, inUse: ReadonlySet<string>): Promise<StoredModel> {
    const model = await this.find(query);
    if (inUse.has(model.digest)) {
      throw new AgentError(
        'model_in_use',
        `${model.name}@${model.version} is active or a fallback and stays`,
        {
          detail: { got: query, digest: model.digest },
        },
      );
    }
    try {
      // Out of sight by one rename first: a removal cut short leaves no half model behind.
      const doomed = join(this.#root, `.old-${randomUUID()}`);
      await rename(model.folder, doomed);
      await rm(doomed, { recursive: true, force: true });
    } catch (cause) {
      throw fileError(cause, 'remove', model.folder);
    }
    return model;
  }

  /**
   * Removes what additions and removals that were cut short, as by a power cut, left behind more than an hour ago.
   *
   * @throws AgentError `file_unreadable`
   */
  async sweep(): Promise<void> {
    for (const name of await this.#names(temporaryName)) {
      const folder = join(this.#root, name);
      try {
        const { mtimeMs } = await stat(folder);
        if (Date.now() - mtimeMs > abandonedMs) await rm(folder, { recursive: true, force: true });
      } catch (cause) {
        // Whoever made it has finished meanwhile.
        if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') throw fileError(cause, 'remove', folder);
      }
    }
  }

  async #names(pattern: RegExp): Promise<string[]> {
    try {
      const names = await readdir(this.#root);
      return names.filter((name) => pattern.test(name)).sort();
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return [];
      throw fileError(cause, 'read', this.#root);
    }
  }
}

function checkWeights(manifest: Manifest, bytes: Uint8Array): void {
  const { file, sha256, sizeBytes } = manifest.model;
  const reserved: readonly string[] = Object.values(storedFiles);
  if (reserved.includes(file)) {
    throw new AgentError(
      'manifest_invalid',
      `key model.file: ${file} is a name that the store needs itself`,
      {
        detail: { key: 'model.file', got: file },
      },
    );
  }
  const got = createHash('sha256').update(bytes).digest('hex');
  if (bytes.byteLength === sizeBytes && got === sha256) return;
  throw new AgentError(
    'manifest_digest_mismatch',
    `${file}: expected ${sizeBytes} bytes with SHA-256 ${sha256}, got ${bytes.byteLength} with ${got}`,
    {
      detail: {
        where: basename(file),
        expected: { sizeBytes, sha256 },
        got: { sizeBytes: bytes.byteLength, sha256: got },
      },
    },
  );
}

async function writeModel(
  folder: string,
  parts: { readonly model: NewModel; readonly manifest: Manifest; readonly entry: StoreEntry },
): Promise<void> {
  const { model, manifest, entry } = parts;
  await writeFileSynced(join(folder, manifest.model.file), model.modelBytes);
  await writeFileSynced(join(folder, storedFiles.manifest), model.manifestText);
  if (model.selfTest !== undefined) await writeFileSynced(join(folder, storedFiles.selfTest), model.selfTest);
  if (model.report !== undefined) await writeFileSynced(join(folder, storedFiles.report), model.report);
  await writeFileSynced(join(folder, storedFiles.entry), JSON.stringify(entry));
  await syncFolder(folder);
}
