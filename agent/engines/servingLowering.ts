import type { LoweringOptions } from '../../runtime/engines/engine.js';
import type { StatePaths } from '../state/stateFolder.js';
import { readQuickerForms } from './quickerForms.js';

/** Returns how models are lowered for service on this device: kept for the next load, in the forms found to be quicker here. */
export async function servingLowering({
  engineCache,
  quickerForms,
}: Pick<StatePaths, 'engineCache' | 'quickerForms'>): Promise<LoweringOptions> {
  return { cacheFolder: engineCache, chosen: await readQuickerForms(quickerForms) };
}
