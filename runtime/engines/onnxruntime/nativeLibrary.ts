import type { InferenceSession } from 'onnxruntime-node';
import { AgentError, toAgentError } from '../../errors.js';
import type { Graph } from '../../graph/graph.js';
import type { LoadOptions } from '../engine.js';
import { loadError } from './loadError.js';
import { OnnxruntimeSession } from './onnxruntimeSession.js';

export type Onnxruntime = typeof import('onnxruntime-node');

/** @throws AgentError `engine_unavailable` with the command that installs it */
export async function importOnnxruntime(): Promise<Onnxruntime> {
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

export function versionOf({ env }: Onnxruntime): string {
  return env.versions.node ?? env.versions.common;
}

/**
 * Returns a session of an ONNX file.
 *
 * @param graph what the file was made of, whose outputs it has
 * @throws AgentError `op_unsupported`, `engine_load_failed`, `engine_unavailable`
 */
export async function createSession(
  onnx: Uint8Array,
  graph: Graph,
  options: Pick<LoadOptions, 'threads' | 'optimization' | 'keepsMemory'>,
): Promise<OnnxruntimeSession> {
  const ort = await importOnnxruntime();
  try {
    const session = await ort.InferenceSession.create(onnx, sessionOptions(options));
    return new OnnxruntimeSession(ort, session, graph);
  } catch (cause) {
    throw loadError(cause, graph);
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
