import { AgentError, toAgentError } from '../../errors.js';
import type { Graph } from '../../graph/graph.js';
import { encodeOnnx } from '../../graph/onnxCodec.js';
import type { Engine, EngineProbe, Session } from '../engine.js';
import { loadError } from '../onnxruntime/loadError.js';
import { widenInt4 } from '../onnxruntime/widenInt4.js';
import { probeGraph } from '../probeGraph.js';
import { BrowserSession } from './browserSession.js';
import { BrowserWorker, isDeath } from './browserWorker.js';
import { isSandboxed } from './chromium/chromiumProcess.js';
import type { BrowserEngineName, Description } from './messages.js';
import { pageGraph } from './pageGraph.js';
import { type Deadlines, PageModel } from './pageModel.js';
import { type RunningPage, startPage } from './runningPage.js';
import { assertRightKernels } from './wrongKernels.js';

export interface BrowserEngineOptions extends Partial<Deadlines> {
  /** Starts a page; by default in the system's Chromium. */
  readonly start?: () => Promise<RunningPage>;
}

/**
 * Returns the engine of that name in a headless Chromium of its own, which is started when it is first needed and shared
 * by its sessions.
 *
 * @param options a load may take 120 s, and so may a run, for the first compiles its shaders; a page that takes longer
 *   is ended
 */
export function browserEngine(
  name: BrowserEngineName,
  { start = startPage, loadMs = 120_000, runMs = 120_000 }: BrowserEngineOptions = {},
): Engine {
  const worker = new BrowserWorker(start);
  const deaths = new Map<string, number>();

  const engine: Engine = {
    name,
    int8: 'simulated',
    startsBrowser: true,
    ownMemoryBytes: 500e6,

    async probe(): Promise<EngineProbe> {
      worker.retain();
      try {
        const { description, version } = await worker.use(async ({ link, chromiumVersion }) => {
          const { message } = await link.call('describe', { request: { engine: name }, deadlineMs: loadMs });
          const version = `${message.libraryVersion}, Chromium ${chromiumVersion}`;
          return { description: message, version };
        });
        const session = await engine.load(probeGraph);
        await session.run({ x: { dtype: 'float32', dims: [1], data: new Float32Array(1) } });
        await session.dispose();
        const note = noteOn(description);
        return { available: true, version, isImitated: description.software, ...(note && { note }) };
      } catch (error) {
        return { available: false, reason: toAgentError(error).message };
      } finally {
        worker.release();
      }
    },

    async load(graph, { optimization = 'all', keepsFeeds = false } = {}): Promise<Session> {
      const given = pageGraph(name, { graph: widenInt4(graph), optimization });
      assertRightKernels(name, given.graph);
      const model = new PageModel({
        engine: name,
        optimization: given.optimization,
        bytes: encodeOnnx(given.graph),
        keepsFeeds,
        deadlines: { loadMs, runMs },
        deaths,
      });
      model.assertNotRefused();
      const loadOnce = () => worker.use((page) => model.ensureLoaded(page));
      worker.retain();
      try {
        await loadOnce().catch((error: unknown) => {
          if (!isDeath(error)) throw error;
          return loadOnce();
        });
        return new BrowserSession(graph, { worker, model });
      } catch (error) {
        worker.release();
        throw toLoadError(error, graph);
      }
    },
  };
  return engine;
}

function toLoadError(error: unknown, graph: Graph): AgentError {
  const { code, message, detail } = toAgentError(error);
  if (code === 'worker_died') {
    const what = `"${graph.name}" killed the browser's page as often as it was loaded: ${message}`;
    return new AgentError('engine_load_failed', what, { cause: error });
  }
  // What onnxruntime says of an operator that it does not know is all that tells one refusal from the other.
  if (code === 'engine_load_failed' && detail.got === 'onnxruntime') return loadError(error, graph);
  return toAgentError(error);
}

/** Returns what a user should know of an engine that works; an empty string where that is nothing. */
function noteOn({ device, software }: Description): string {
  return [
    ...(device === undefined ? [] : [`runs on ${device}`]),
    ...(software ? ['a software renderer: slower than onnxruntime on the CPU'] : []),
    ...(isSandboxed() ? [] : ['Chromium without its sandbox, for this process runs as root']),
  ].join('; ');
}
