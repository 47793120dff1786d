import { readModelFiles } from '../../../runtime/detector/modelFiles.js';
import { selectEngine } from '../../../runtime/engines/registry.js';
import { toAgentError } from '../../../runtime/errors.js';
import type { AgentConfig } from '../../config.js';
import { type TrialDetector, trialDetector } from '../../engines/trialDetector.js';
import { resolveModel } from '../resolveModel.js';

/** Why engines are not tried on the device's own detector. */
export interface UntriableDetector {
  readonly problem: string;
}

/** Returns the float detector of a configuration (`null` where that cannot be read), to try engines on. */
export async function configuredDetector(
  config: AgentConfig | null,
): Promise<TrialDetector | UntriableDetector> {
  const path = config?.model.path;
  if (path === undefined) return { problem: 'model.path is not configured' };
  try {
    const files = await readModelFiles(await resolveModel(path, { float: true }));
    return await trialDetector(files, await selectEngine('auto'));
  } catch (error) {
    return { problem: toAgentError(error).message };
  }
}
