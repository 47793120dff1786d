import type { Engine } from '../../runtime/engines/engine.js';
import { getEngine, selectEngine } from '../../runtime/engines/registry.js';
import { AgentError } from '../../runtime/errors.js';
import type { EngineOrder, ServingEngine } from './engineOrder.js';
import type { EngineTrial } from './engineTrial.js';
import { type EngineVerdict, readVerdict } from './engineVerdict.js';
import { type EnginePurpose, rankEngines, servingTime } from './rankEngines.js';
import type { ThreadSetting } from './threadTimes.js';

export interface EngineQuery<Purpose extends EnginePurpose = EnginePurpose> {
  /** Of an engine, or `auto`. */
  readonly name: string;
  readonly purpose: Purpose;
  /** Of one inference in service. */
  readonly threads: ThreadSetting;
  /** Those of `auto` where nothing was measured. Default: 1. */
  readonly unmeasuredThreads?: number;
  /** Where `detptq doctor` keeps what it has measured. */
  readonly verdictPath: string;
}

/**
 * Returns an engine that works here: the one named; with `auto` the best for `purpose` of those that `detptq doctor` has
 * measured on this device, in the versions that are there now; without such a measurement the first that works.
 *
 * @throws AgentError `engine_unknown`; `engine_unavailable` with each engine's reason, or for a search on one that serves only
 */
export async function chooseEngine(query: EngineQuery): Promise<Engine> {
  return choose(query, await readVerdict(query.verdictPath));
}

/**
 * Returns the engines that may serve: the one that `chooseEngine` returns, and behind it, with `auto`, the first that works
 * here, for what the fastest one refuses. An engine that was named is alone. Each has the threads that were asked for; with
 * `auto` those that `detptq doctor` has measured to be best for it, else `unmeasuredThreads`.
 *
 * @throws AgentError those of `chooseEngine`
 */
export async function chooseEngines(query: EngineQuery<'float' | 'quantized'>): Promise<EngineOrder> {
  const verdict = await readVerdict(query.verdictPath);
  const withThreads = async (engine: Engine): Promise<ServingEngine> => {
    return { engine, threads: await threadsOn(engine, query, verdict) };
  };
  const engine = await choose(query, verdict);
  const best = await withThreads(engine);
  if (query.name !== 'auto') return [best];
  const general = await selectEngine('auto');
  return engine === general ? [best] : [best, await withThreads(general)];
}

async function choose(
  { name, purpose, threads }: EngineQuery,
  verdict: EngineVerdict | undefined,
): Promise<Engine> {
  if (name !== 'auto') return forPurpose(await selectEngine(name), purpose);
  for (const { trial } of rankEngines(verdict?.trials ?? [], purpose, threads)) {
    const engine = getEngine(trial.engine);
    if (await isTried(engine, trial)) return engine;
  }
  return selectEngine('auto');
}

/** Whether a trial is of the engine as it is here now. */
async function isTried(engine: Engine, { version }: EngineTrial): Promise<boolean> {
  const probe = await engine.probe();
  return probe.available && probe.version === version;
}

async function threadsOn(
  engine: Engine,
  { purpose, threads, unmeasuredThreads = 1 }: EngineQuery<'float' | 'quantized'>,
  verdict: EngineVerdict | undefined,
): Promise<number> {
  if (threads !== 'auto') return threads;
  const trial = verdict?.trials.find((candidate) => candidate.engine === engine.name);
  if (trial === undefined || !(await isTried(engine, trial))) return unmeasuredThreads;
  return servingTime(trial, purpose, threads)?.threads ?? unmeasuredThreads;
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
