import * as ort from 'onnxruntime-web/jspi';
import { AgentError, toAgentError } from '../../../errors.js';
import type { Tensor } from '../../../graph/tensor.js';
import type { TensorMap } from '../../engine.js';
import type { LoadRequest } from '../messages.js';
import type { PageSession } from './pageBackend.js';

ort.env.wasm.wasmPaths = { wasm: new URL('ort-wasm-simd-threaded.jspi.wasm', location.href).href };
// The device does the work; the threads would be for what it does not take.
ort.env.wasm.numThreads = 1;
ort.env.logLevel = 'fatal';

export const onnxruntimeVersion = ort.env.versions.web ?? ort.env.versions.common;

/**
 * Returns the model as onnxruntime-web runs it on a provider; nodes that the provider does not take run on the CPU.
 *
 * @throws AgentError `engine_load_failed`, with onnxruntime's message and `detail.got` `onnxruntime`
 */
export async function loadOnnxruntime(
  model: Uint8Array,
  {
    provider,
    optimization,
  }: {
    provider: ort.InferenceSession.ExecutionProviderConfig;
    optimization: LoadRequest['optimization'];
  },
): Promise<PageSession> {
  try {
    const session = await ort.InferenceSession.create(model, {
      executionProviders: [provider],
      graphOptimizationLevel: optimization === 'all' ? 'all' : 'disabled',
      logSeverityLevel: 4,
    });
    return {
      run: (feeds, outputs) => run(session, feeds, outputs),
      dispose: () => session.release(),
    };
  } catch (cause) {
    const detail = { got: 'onnxruntime' };
    throw new AgentError('engine_load_failed', toAgentError(cause).message, { cause, detail });
  }
}

async function run(
  session: ort.InferenceSession,
  feeds: TensorMap,
  outputs: readonly string[],
): Promise<TensorMap> {
  try {
    const inputs = Object.entries(feeds).map(([name, { dtype, data, dims }]) => {
      return [name, new ort.Tensor(dtype, data as never, dims)] as const;
    });
    const results = await session.run(Object.fromEntries(inputs), [...outputs]);
    const tensors = outputs.map((name) => [name, fromOrt(results[name]!)] as const);
    return Object.fromEntries(tensors);
  } catch (cause) {
    const message = `onnxruntime could not run the graph: ${toAgentError(cause).message}`;
    throw new AgentError('engine_run_failed', message, { cause });
  }
}

function fromOrt({ type, dims, data }: ort.Tensor): Tensor {
  return { dtype: type, dims, data } as Tensor;
}
