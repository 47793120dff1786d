import { toAgentError } from '../../errors.js';
import type { Engine, EngineProbe } from '../engine.js';
import { probeGraph } from '../probeGraph.js';
import { loadInThread } from '../threaded/loadInThread.js';
import type { Backend } from './backendTurn.js';
import { TfjsSession } from './tfjsSession.js';

interface TfjsEngineOptions extends Pick<Engine, 'name' | 'ownMemoryBytes'> {
  /**
   * Returns the backend, ready. Called for each load and in each thread.
   *
   * @throws AgentError `engine_unavailable`
   */
  readonly backend: () => Promise<Backend>;
  /** What has to happen in the caller's thread before the first load, whichever thread that is for. */
  readonly beforeLoad?: (threads: number) => void;
}

/** Returns an engine on a TensorFlow.js backend that runs in this process. 8-bit arithmetic is simulated in float32. */
export function tfjsEngine({ backend, beforeLoad, ...described }: TfjsEngineOptions): Engine {
  return {
    ...described,
    int8: 'simulated',

    async probe(): Promise<EngineProbe> {
      try {
        const session = await this.load(probeGraph);
        await session.run({ x: { dtype: 'float32', dims: [1], data: new Float32Array(1) } });
        await session.dispose();
        const { tf } = await backend();
        return { available: true, version: tf.version_core };
      } catch (error) {
        return { available: false, reason: toAgentError(error).message };
      }
    },

    async load(graph, options = {}) {
      beforeLoad?.(options.threads ?? 1);
      if (options.thread === 'own') return loadInThread(described.name, graph, options);
      return TfjsSession.load(await backend(), graph, { tracesNow: options.lowering !== undefined });
    },
  };
}
