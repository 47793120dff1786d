import { stat } from 'node:fs/promises';
import { sep } from 'node:path';
import { AgentError } from '../../runtime/errors.js';
import { ModelStore } from '../state/modelStore.js';
import { localStatePaths } from './localState.js';

/**
 * Returns the manifest or model folder that MODEL names, for `readModelFiles`: a path, or a name, `name@version`
 * or digest prefix in the local store. What exists as a file or folder goes first.
 *
 * @param options.float a name means its newest float model, not the newest that was quantized from it
 * @throws AgentError `file_not_found`, `model_not_found`; `usage` for weights in place of a manifest
 */
export async function resolveModel(model: string, { float = false } = {}): Promise<string> {
  if (model.endsWith('.onnx')) {
    throw new AgentError(
      'usage',
      `expected a manifest, got the weights ${model}: give the .json beside them`,
      {
        detail: {
          expected: 'a manifest, a model folder or a name in the store',
          got: model,
          mend: `detptq models add ${model}`,
        },
      },
    );
  }
  if (await exists(model)) return model;
  if (model.includes(sep) || model.endsWith('.json')) {
    throw new AgentError('file_not_found', `${model} does not exist`, { detail: { where: model } });
  }
  const store = new ModelStore(localStatePaths().models);
  const found = (float ? await store.findFloat(model) : undefined) ?? (await store.find(model));
  return found.folder;
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch {
    return false;
  }
}
