import type { Engine } from '../../runtime/engines/engine.js';
import { configureEngines } from '../../runtime/engines/registry.js';
import type { AgentConfig } from '../config.js';
import { chooseEngine, chooseEngines } from '../engines/chooseEngine.js';
import type { EngineOrder } from '../engines/engineOrder.js';
import type { EnginePurpose } from '../engines/rankEngines.js';
import { fixedThreads, sharedThreads, type ThreadSetting } from '../engines/threadTimes.js';
import { usableCores } from '../engines/usableCores.js';
import { loadLocalConfig } from './localConfig.js';
import { localStatePaths } from './localState.js';

export interface LocalEngineQuery<Purpose extends EnginePurpose = EnginePurpose> {
  /** Of an engine, or `auto`. */
  readonly name: string;
  readonly purpose: Purpose;
  /** Of one run. */
  readonly threads: ThreadSetting;
}

/**
 * Returns the engine of that name, or with `auto` the best for `purpose`, see `chooseEngine`.
 *
 * @throws AgentError `engine_unknown`, `engine_unavailable`, `config_invalid`
 */
export async function localEngine(query: LocalEngineQuery): Promise<Engine> {
  await useLocalSettings(query.threads);
  return chooseEngine({ ...query, verdictPath: localStatePaths().engineVerdict });
}

/**
 * Returns the engines that serve, see `chooseEngines`.
 *
 * @throws AgentError those of `localEngine`
 */
export async function localEngines(query: LocalEngineQuery<'float' | 'quantized'>): Promise<EngineOrder> {
  const { inference } = await useLocalSettings(query.threads);
  const unmeasuredThreads = sharedThreads(usableCores(), inference.concurrency);
  return chooseEngines({ ...query, unmeasuredThreads, verdictPath: localStatePaths().engineVerdict });
}

/**
 * Sets the engines as this device's configuration has them, and returns it.
 *
 * @throws AgentError `config_invalid`
 */
export async function useLocalSettings(threads: ThreadSetting): Promise<AgentConfig> {
  const { config } = await loadLocalConfig({});
  configureEngines({ ...config.engines, threads: fixedThreads(threads) });
  return config;
}
