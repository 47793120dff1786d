import type { EngineProbe, Int8Support } from '../../runtime/engines/engine.js';
import { engineNames, getEngine } from '../../runtime/engines/registry.js';
import { useLocalSettings } from './localEngine.js';

export interface ListedEngine extends EngineProbe {
  readonly name: string;
  readonly int8: Int8Support;
}

/**
 * Returns every engine as this device configures it, tried one after the other: those in browsers start them.
 *
 * @throws AgentError `config_invalid`
 */
export async function listEngines(): Promise<ListedEngine[]> {
  await useLocalSettings('auto');
  const listed: ListedEngine[] = [];
  for (const name of engineNames) {
    const engine = getEngine(name);
    listed.push({ name, int8: engine.int8, ...(await engine.probe()) });
  }
  return listed;
}
