import type { Engine } from '../../runtime/engines/engine.js';
import { getEngine, selectEngine } from '../../runtime/engines/registry.js';
import { readVerdict } from './engineVerdict.js';
import { type EnginePurpose, rankEngines } from './rankEngines.js';

export interface EngineQuery {
  /** Of an engine, or `auto`. */
  readonly name: string;
  readonly purpose: EnginePurpose;
  /** Where `detptq doctor` keeps what it has measured. */
  readonly verdictPath: string;
}

/**
 * Returns an engine that works here: the one named; with `auto` the best for `purpose` of those that `detptq doctor` has
 * measured on this device, in the versions that are there now; without such a measurement the first that works.
 *
 * @throws AgentError `engine_unknown`; `engine_unavailable` with each engine's reason
 */
export async function chooseEngine({ name, purpose, verdictPath }: EngineQuery): Promise<Engine> {
  if (name !== 'auto') return selectEngine(name);
  const verdict = await readVerdict(verdictPath);
  for (const trial of rankEngines(verdict?.trials ?? [], purpose)) {
    const engine = getEngine(trial.engine);
    const probe = await engine.probe();
    if (probe.available && probe.version === trial.version) return engine;
  }
  return selectEngine('auto');
}
