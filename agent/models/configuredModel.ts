import { existsSync } from 'node:fs';
import type { ModelStore } from '../state/modelStore.js';
import type { StoredModel } from '../state/storedModel.js';
import { importModel } from './loadStored.js';

/**
 * Returns the float model that `model.path` means: a manifest or model folder, put into the store, or else the newest
 * float model of that name, or `name@version`, in the store. Its quantized descendants bear the same name and are passed
 * over.
 *
 * @throws AgentError those of `importModel`
 */
export async function configuredModel(path: string, store: ModelStore): Promise<StoredModel> {
  if (!existsSync(path)) {
    const { models } = await store.list();
    const named = models.findLast(
      ({ name, version, manifest }) =>
        !manifest.quantization && (path === name || path === `${name}@${version}`),
    );
    if (named) return named;
  }
  return importModel(path, store);
}
