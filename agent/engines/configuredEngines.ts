import type { Engine } from '../../runtime/engines/engine.js';
import { configureEngines } from '../../runtime/engines/registry.js';
import type { AgentConfig } from '../config.js';
import type { ServingEngines } from '../models/servingEngines.js';
import { chooseEngine } from './chooseEngine.js';

/** The engines of an agent. */
export interface ConfiguredEngines {
  readonly serving: ServingEngines;
  readonly search: Engine;
}

/**
 * Returns the engines that the configuration asks for; one that it names has to work.
 *
 * @param verdictPath where `detptq doctor` keeps what it has measured
 * @throws AgentError `engine_unknown`, `engine_unavailable`
 */
export async function configuredEngines(
  { engines, inference, calibration }: AgentConfig,
  verdictPath: string,
): Promise<ConfiguredEngines> {
  configureEngines({ ...engines, threads: inference.threads });
  const { engine, quantizedEngine = engine } = inference;
  const float = await chooseEngine({ name: engine, purpose: 'float', verdictPath });
  const quantized = await chooseEngine({ name: quantizedEngine, purpose: 'quantized', verdictPath });
  const search = await chooseEngine({ name: calibration.engine, purpose: 'search', verdictPath });
  return { serving: { float, quantized }, search };
}
