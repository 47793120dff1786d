import type { Engine } from '../../runtime/engines/engine.js';
import { configureEngines } from '../../runtime/engines/registry.js';
import type { AgentConfig } from '../config.js';
import type { ServingEngines } from '../models/servingEngines.js';
import { chooseEngine, chooseEngines } from './chooseEngine.js';
import { fixedThreads, sharedThreads } from './threadTimes.js';
import { usableCores } from './usableCores.js';

/** The engines of an agent. */
export interface ConfiguredEngines {
  readonly serving: ServingEngines;
  readonly search: Engine;
}

/** Returns the name of the engine that serves quantized models, or `auto`. */
export function quantizedEngineOf({ inference: { engine, quantizedEngine = engine } }: AgentConfig): string {
  return quantizedEngine;
}

/**
 * Returns the engines that the configuration asks for; one that it names has to work.
 *
 * @param verdictPath where `detptq doctor` keeps what it has measured
 * @throws AgentError `engine_unknown`, `engine_unavailable`
 */
export async function configuredEngines(
  config: AgentConfig,
  verdictPath: string,
): Promise<ConfiguredEngines> {
  const { engines, inference, calibration } = config;
  const { threads } = inference;
  configureEngines({ ...engines, threads: fixedThreads(threads) });
  const unmeasuredThreads = sharedThreads(usableCores(), inference.concurrency);
  const measured = { threads, unmeasuredThreads, verdictPath };
  const float = await chooseEngines({ name: inference.engine, purpose: 'float', ...measured });
  const quantized = await chooseEngines({
    name: quantizedEngineOf(config),
    purpose: 'quantized',
    ...measured,
  });
  const search = await chooseEngine({ name: calibration.engine, purpose: 'search', ...measured });
  return { serving: { float, quantized }, search };
}
