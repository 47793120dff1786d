import type { InferenceSession } from 'onnxruntime-node';
import { AgentError, toAgentError } from '../../errors.js';
import { encodeOnnx } from '../../graph/onnxCodec.js';
import type { Engine, EngineProbe, LoadOptions, Session } from '../engine.js';
import { probeGraph } from '../probeGraph.js';
import { loadInThread } from '../threaded/loadInThread.js';
import { loadError } from './loadError.js';
import { loadLowered } from './lowered/loadLowered.js';
import { OnnxruntimeSession } from './onnxruntimeSession.js';
import { productSumsSaturate } from './productSums.js';
import { disableTelemetry } from './quiet.js';
import { unsignWeights } from './unsignWeights.js';
import { widenInt4 } from './widenInt4.js';

type Onnxruntime = typeof import('onnxruntime-node');

disableTelemetry();

/**
 * onnxruntime on the CPU: float32 and int8 in integers. Quantized graphs are given to it as they are, apart from
 * 4-bit weights, which are widened to 8 bits, from the sign of weights where products of signed ones saturate, and, where
 * `lowering` allows it, from the rewriting to its own integer operators.
 */
export const onnxruntimeEngine: Engine = {
  name: 'onnxruntime',
  int8: 'executed',
  takesThreads: true,

  async probe(): Promise<EngineProbe> {
    try {
      const ort = await importOnnxruntime();
      const session = await this.load(probeGraph);
      await session.run({ x: { dtype: 'float32', dims: [1], data: new Float32Array(1) } });
      await session.dispose();
      const note = 'without VNNI, weights of 8 bits run on slower kernels than those of 7 bits and fewer';
      return { available: true, version: versionOf(ort), ...(productSumsSaturate() && { note }) };
    } catch (error) {
      return { available: false, reason: toAgentError(error).message };
    }
  },

  async load(graph, options = {}): Promise<Session> {
    if (options.thread === 'own') return loadInThread(this.name, graph, options);
    const ort = await importOnnxruntime();
    const wide = widenInt4(graph);
    const onnx = encodeOnnx(productSumsSaturate() ? unsignWeights(wide) : wide);
    const load = async (bytes: Uint8Array): Promise<OnnxruntimeSession> => {
      try {
        const session = await ort.InferenceSession.create(bytes, sessionOptions(options));
        return new OnnxruntimeSession(ort, session, graph);
      } catch (cause) {
        throw loadError(cause, graph);
      }
    };
    const { lowering, threads = 1 } = options;
    const isQuantized = graph.nodes.some(({ opType }) => opType === 'QuantizeLinear');
    if (lowering === undefined || !isQuantized) return load(onnx);
    const engineVersion = versionOf(ort);
    return loadLowered(wide, onnx, { ...lowering, engineVersion, threads, load });
  },
};

function versionOf({ env }: Onnxruntime): string {
  return env.versions.node ?? env.versions.common;
}

async function importOnnxruntime(): Promise<Onnxruntime> {
  try {
    return await import('onnxruntime-node');
  } catch (cause) {
    throw new AgentError(
      'engine_unavailable',
      `onnxruntime-node cannot be loaded: ${toAgentError(cause).message}`,
      {
        cause,
        detail: { mend: 'npm install --ignore-scripts onnxruntime-node' },
      },
    );
  }
}

function sessionOptions({
  threads = 1,
  optimization = 'all',
  keepsMemory = true,
}: LoadOptions): InferenceSession.SessionOptions {
  return {
    executionProviders: ['cpu'],
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    executionMode: 'sequential',
    graphOptimizationLevel: optimization === 'all' ? 'all' : 'disabled',
    enableCpuMemArena: keepsMemory,
    // Errors are thrown; the native library must not print beside them.
    logSeverityLevel: 4,
    extra: {
      session: {
        // Else a float product with quantized weights quantizes the activations behind the graph's back (to 1 %).
        qdq_matmulnbits_accuracy_level: '1',
        // Threads that spin between operators double a run's time where another process wants the cores.
        intra_op: { allow_spinning: '0' },
      },
    },
  };
}
