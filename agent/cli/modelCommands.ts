import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Manifest } from '../../runtime/detector/manifest.js';
import type { AgentError } from '../../runtime/errors.js';
import { type ActivePointerReading, readActivePointer } from '../state/activePointer.js';
import { fileError, readTextIfPresent } from '../state/atomicFile.js';
import { ModelStore } from '../state/modelStore.js';
import { storedFiles } from '../state/storedModel.js';
import { localStatePaths } from './localState.js';
import { makeOutputFolder, writeOutputFile } from './outputFiles.js';
import { type StoredModelSummary, summaryOf } from './storedModelSummary.js';

export async function listModels(): Promise<{
  readonly summaries: readonly StoredModelSummary[];
  readonly problems: readonly AgentError[];
}> {
  const { store, pointer } = await openStore();
  const { models, problems } = await store.list();
  return { summaries: models.map((model) => summaryOf(model, pointer)), problems };
}

/** @throws AgentError `model_not_found` */
export async function showModel(
  query: string,
): Promise<StoredModelSummary & { readonly manifest: Manifest }> {
  const { store, pointer } = await openStore();
  const model = await store.find(query);
  return { ...summaryOf(model, pointer), manifest: model.manifest };
}

/** @throws AgentError `model_not_found`, `model_in_use`; `state_corrupt` when it is not known what is in use */
export async function removeModel(query: string): Promise<StoredModelSummary> {
  const { store, pointer, problem } = await openStore();
  // With a corrupt pointer nobody knows what is in use: better no answer than a model removed that is served.
  if (problem) throw problem;
  const { active, previous, lastGood } = pointer;
  const inUse = new Set([active, previous, lastGood].filter((digest) => digest !== null));
  return summaryOf(await store.remove(query, inUse), pointer);
}

/**
 * Copies a stored model to `outFolder` as `detptq quantize` would have written it, and returns the paths.
 *
 * @throws AgentError `model_not_found`, `disk_full`, `file_unreadable`
 */
export async function exportModel(
  query: string,
  outFolder: string,
): Promise<StoredModelSummary & { readonly files: readonly string[] }> {
  const { store, pointer } = await openStore();
  const model = await store.find(query);
  await makeOutputFolder(outFolder);
  const { name, file } = { name: model.name, file: model.manifest.model.file };
  const copies = [
    { from: file, to: file },
    { from: storedFiles.selfTest, to: `${name}.selftest.json`, optional: true },
    { from: storedFiles.report, to: 'report.json', optional: true },
    // Last: where a manifest is, all that it names is.
    { from: storedFiles.manifest, to: `${name}.json` },
  ];
  const files: string[] = [];
  for (const { from, to, optional } of copies) {
    const source = join(model.folder, from);
    if (optional && (await readTextIfPresent(source)) === undefined) continue;
    const target = resolve(outFolder, to);
    await writeOutputFile(target, await readBytes(source));
    files.push(target);
  }
  return { ...summaryOf(model, pointer), files };
}

export async function openStore(): Promise<{ readonly store: ModelStore } & ActivePointerReading> {
  const paths = localStatePaths();
  return { store: new ModelStore(paths.models), ...(await readActivePointer(paths.activePointer)) };
}

async function readBytes(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (cause) {
    throw fileError(cause, 'read', path);
  }
}
