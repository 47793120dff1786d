import { toAgentError } from '../../../errors.js';
import type { Engine, EngineProbe } from '../../engine.js';
import { probeGraph } from '../../probeGraph.js';
import { loadInThread } from '../../threaded/loadInThread.js';
import { TfjsSession } from '../tfjsSession.js';
import { wasmBackend } from './wasmBackend.js';

/**
 * TensorFlow.js on WebAssembly with SIMD, on one thread whatever `threads` asks for: TensorFlow.js 4.22 has none in Node.
 * Runs on any machine that Node runs on. 8-bit arithmetic is simulated in float32.
 */
export const tfjsWasmEngine: Engine = {
  name: 'tfjs-wasm',
  int8: 'simulated',

  async probe(): Promise<EngineProbe> {
    try {
      const { tf } = await wasmBackend();
      const session = await this.load(probeGraph);
      await session.run({ x: { dtype: 'float32', dims: [1], data: new Float32Array(1) } });
      await session.dispose();
      return { available: true, version: tf.version_core };
    } catch (error) {
      return { available: false, reason: toAgentError(error).message };
    }
  },

  async load(graph, options = {}) {
    if (options.thread === 'own') return loadInThread(this.name, graph, options);
    return TfjsSession.load(await wasmBackend(), graph);
  },
};
