import { AgentError } from '../errors.js';
import { browserEngine } from './browserWorker/browserEngine.js';
import type { BrowserEngineName } from './browserWorker/messages.js';
import { startPage } from './browserWorker/runningPage.js';
import type { Engine } from './engine.js';
import { litertEngine } from './litert/litertEngine.js';
import { onnxruntimeEngine } from './onnxruntime/onnxruntimeEngine.js';
import { tfjsNodeEngine } from './tfjs/node/tfjsNodeEngine.js';
import { tfjsWasmEngine } from './tfjs/wasm/tfjsWasmEngine.js';

export interface EngineSettings {
  /** Path of the Chromium that engines in a browser run in; by default the system's or Playwright's. */
  readonly chromium?: string | undefined;
  /**
   * Threads of one run of an engine that has to be told before it is first tried: tfjs-node, whose library never changes
   * them. By default those of its first load, which may be the one that tries it.
   */
  readonly threads?: number | undefined;
}

let settings: EngineSettings = {};

/** Sets what holds for the engines of this process. What an engine has started already stays as it is. */
export function configureEngines(given: EngineSettings): void {
  settings = given;
}

/** Every engine, in the order in which they are tried where nothing has been measured. */
const engines: readonly Engine[] = [
  onnxruntimeEngine,
  litertEngine,
  tfjsWasmEngine,
  tfjsNodeEngine(() => settings.threads),
  inChromium('webgpu'),
  inChromium('webnn'),
  inChromium('tfjs-webgl'),
];

function inChromium(name: BrowserEngineName): Engine {
  const start = () => {
    const { chromium: executable } = settings;
    return startPage({ draws: name === 'tfjs-webgl', ...(executable !== undefined && { executable }) });
  };
  return browserEngine(name, { start });
}

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
  const what = `expected an engine that works on this machine, got ${reasons.join('; ')}`;
  throw new AgentError('engine_unavailable', what, { detail: { where: name } });
}
