import type { Engine } from '../../runtime/engines/engine.js';
import { configureEngines } from '../../runtime/engines/registry.js';
import { chooseEngine, chooseEngines } from '../engines/chooseEngine.js';
import type { EngineOrder } from '../engines/engineOrder.js';
import type { EnginePurpose } from '../engines/rankEngines.js';
import { loadLocalConfig } from './localConfig.js';
import { localStatePaths } from './localState.js';

export interface LocalEngineQuery {
  /** Of an engine, or `auto`. */
  readonly name: string;
  readonly purpose: EnginePurpose;
  /** Of one run. */
  readonly threads: number;
}

/**
 * Returns the engine of that name, or with `auto` the best for `purpose`, see `chooseEngine`.
 *
 * @throws AgentError `engine_unknown`, `engine_unavailable`, `config_invalid`
 */
export async function localEngine({ name, purpose, threads }: LocalEngineQuery): Promise<Engine> {
  await useLocalSettings(threads);
  return chooseEngine({ name, purpose, verdictPath: localStatePaths().engineVerdict });
}

/**
 * Returns the engines that serve, see `chooseEngines`.
 *
 * @throws AgentError those of `localEngine`
 */
export async function localEngines({ name, purpose, threads }: LocalEngineQuery): Promise<EngineOrder> {
  await useLocalSettings(threads);
  return chooseEngines({ name, purpose, verdictPath: localStatePaths().engineVerdict });
}

async function useLocalSettings(threads: number): Promise<void> {
  const { config } = await loadLocalConfig({});
  configureEngines({ ...config.engines, threads });
}
