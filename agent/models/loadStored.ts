import { join } from 'node:path';
import { readModelFiles } from '../../runtime/detector/modelFiles.js';
import type { LoweringOptions } from '../../runtime/engines/engine.js';
import { parseSelfTest, type SelfTest } from '../../runtime/serving/selfTest.js';
import type { ServedModel } from '../../runtime/serving/servedModel.js';
import { loadOnFirst, type OnRefused } from '../engines/engineOrder.js';
import { readTextIfPresent } from '../state/atomicFile.js';
import type { ModelStore } from '../state/modelStore.js';
import { type StoredModel, storedFiles } from '../state/storedModel.js';
import { servedPrecision } from './servedPrecision.js';
import { type ServingEngines, servingEngines } from './servingEngines.js';

export interface LoadStoredOptions {
  readonly lowering: LoweringOptions;
  readonly onRefused: OnRefused;
}

/** A model, and the threads that one of its runs gets. */
export interface LoadedModel extends ServedModel {
  readonly threads: number;
}

/**
 * Returns a stored model, loaded on the first of its engines that takes it, in a thread of its own and in the form that runs
 * quickest there; the caller disposes of it.
 *
 * @throws AgentError those of `readModelFiles` and `loadOnFirst`
 */
export async function loadStored(
  stored: StoredModel,
  engines: ServingEngines,
  { lowering, onRefused }: LoadStoredOptions,
): Promise<LoadedModel> {
  const files = await readModelFiles(stored.manifestPath);
  const { name, version, digest } = stored;
  const { detector, engine, threads } = await loadOnFirst(files, servingEngines(engines, files.manifest), {
    ...{ thread: 'own', lowering, onRefused },
  });
  const precision = servedPrecision(files.manifest, engine.int8);
  return { identity: { name, version, digest, precision, engine: engine.name }, detector, threads };
}

/** Returns what was recorded when the model was made, or `undefined`. @throws AgentError `state_corrupt` */
export async function selfTestOf({ folder }: StoredModel): Promise<SelfTest | undefined> {
  const path = join(folder, storedFiles.selfTest);
  const text = await readTextIfPresent(path);
  return text === undefined ? undefined : parseSelfTest(text, path);
}

/**
 * Puts a model that lies in a folder outside into the store, with the self-test and report that
 * `detptq quantize` leaves beside it.
 *
 * @param path its manifest, or a folder with one
 * @throws AgentError those of `readModelFiles` and `ModelStore.add`
 */
export async function importModel(path: string, store: ModelStore): Promise<StoredModel> {
  const { manifest, manifestText, modelBytes, folder } = await readModelFiles(path);
  const selfTest = await readTextIfPresent(join(folder, `${manifest.name}.selftest.json`));
  const report = manifest.quantization && (await readTextIfPresent(join(folder, 'report.json')));
  return store.add({
    manifestText,
    modelBytes,
    ...(selfTest === undefined ? {} : { selfTest }),
    ...(report === undefined ? {} : { report }),
  });
}
