import type { EngineProbe, Int8Support } from '../../runtime/engines/engine.js';
import { engineNames, getEngine } from '../../runtime/engines/registry.js';

export interface ListedEngine extends EngineProbe {
  readonly name: string;
  readonly int8: Int8Support;
}

/** Returns every engine, tried one after the other: those in browsers start them. */
export async function listEngines(): Promise<ListedEngine[]> {
  const listed: ListedEngine[] = [];
  for (const name of engineNames) {
    const engine = getEngine(name);
    listed.push({ name, int8: engine.int8, ...(await engine.probe()) });
  }
  return listed;
}
