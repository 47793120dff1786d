import { AgentError } from '../errors.js';
import { browserEngine } from './browserWorker/browserEngine.js';
import type { Engine } from './engine.js';
import { onnxruntimeEngine } from './onnxruntime/onnxruntimeEngine.js';
import { tfjsNodeEngine } from './tfjs/node/tfjsNodeEngine.js';
import { tfjsWasmEngine } from './tfjs/wasm/tfjsWasmEngine.js';

/** Every engine, the one that `auto` prefers first. */
const engines: readonly Engine[] = [
  onnxruntimeEngine,
  tfjsWasmEngine,
  tfjsNodeEngine,
  browserEngine('webgpu'),
  browserEngine('webnn'),
  browserEngine('tfjs-webgl'),
];

export const engineNames: readonly string[] = engines.map(({ name }) => name);

/**
 * Returns the engine of that name, whether it works here or not.
 *
 * @throws AgentError `engine_unknown`
 */
export function getEngine(name: string): Engine {
  const engine = engines.find((candidate) => candidate.name === name);
  if (engine !== undefined) return engine;
  throw new AgentError('engine_unknown', `expected one of ${engineNames.join(', ')}, got "${name}"`, {
    detail: { expected: engineNames, got: name },
  });
}

/**
 * Returns an engine that works here: the one named, or with `auto` the first that does.
 *
 * @throws AgentError `engine_unknown`; `engine_unavailable` with each engine's reason
 */
export async function selectEngine(name: 'auto' | (string & {})): Promise<Engine> {
  const candidates = name === 'auto' ? engines : [getEngine(name)];
  const reasons: string[] = [];
  for (const engine of candidates) {
    const probe = await engine.probe();
    if (probe.available) return engine;
    reasons.push(`${engine.name}: ${probe.reason ?? 'no reason given'}`);
  }
  throw new AgentError('engine_unavailable', `no engine works on this machine (${reasons.join('; ')})`, {
    detail: { where: name },
  });
}
