import type { Engine } from '../../runtime/engines/engine.js';
import { configureEngines } from '../../runtime/engines/registry.js';
import { chooseEngine } from '../engines/chooseEngine.js';
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
  const { config } = await loadLocalConfig({});
  configureEngines({ ...config.engines, threads });
  return chooseEngine({ name, purpose, verdictPath: localStatePaths().engineVerdict });
}
