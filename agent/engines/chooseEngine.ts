import type { Engine } from '../../runtime/engines/engine.js';
import { getEngine, selectEngine } from '../../runtime/engines/registry.js';
import { AgentError } from '../../runtime/errors.js';
import type { EngineOrder } from './engineOrder.js';
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
 * @throws AgentError `engine_unknown`; `engine_unavailable` with each engine's reason, or for a search on one that serves only
 */
export async function chooseEngine({ name, purpose, verdictPath }: EngineQuery): Promise<Engine> {
  if (name !== 'auto') return forPurpose(await selectEngine(name), purpose);
  const verdict = await readVerdict(verdictPath);
  for (const trial of rankEngines(verdict?.trials ?? [], purpose)) {
    const engine = getEngine(trial.engine);
    const probe = await engine.probe();
    if (probe.available && probe.version === trial.version) return engine;
  }
  return selectEngine('auto');
}

/**
 * Returns the engines that may serve: the one that `chooseEngine` returns, and behind it, with `auto`, the first that works
 * here, for what the fastest one refuses. An engine that was named is alone.
 *
 * @throws AgentError those of `chooseEngine`
 */
export async function chooseEngines(query: EngineQuery): Promise<EngineOrder> {
  const engine = await chooseEngine(query);
  if (query.name !== 'auto') return [engine];
  const general = await selectEngine('auto');
  return engine === general ? [engine] : [engine, general];
}

function forPurpose(engine: Engine, purpose: EnginePurpose): Engine {
  if (purpose !== 'search' || engine.servesOnly !== true) return engine;
  const { name } = engine;
  throw new AgentError(
    'engine_unavailable',
    `expected an engine that runs searches, got "${name}", which serves only`,
    {
      detail: { where: name },
    },
  );
}
