import { existsSync } from 'node:fs';
import type { ModelStore } from '../state/modelStore.js';
import type { StoredModel } from '../state/storedModel.js';
import { importModel } from './loadStored.js';

/**
 * Returns the float model that `model.path` means: a manifest or model folder, put into the store, or else the one of
 * that name in the store.
 *
 * @throws AgentError those of `importModel`
 */
export async function configuredModel(path: string, store: ModelStore): Promise<StoredModel> {
  const named = existsSync(path) ? undefined : await store.findFloat(path);
  return named ?? importModel(path, store);
}
