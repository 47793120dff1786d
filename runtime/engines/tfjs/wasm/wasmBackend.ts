import { AgentError, toAgentError } from '../../../errors.js';
import { type Backend, inTurn } from '../backendTurn.js';

/** The WebAssembly files lie in the package's own folder, where TensorFlow.js looks when it is told nothing else. */
let loading: Promise<Backend> | undefined;

/**
 * Returns TensorFlow.js with its WebAssembly backend, loaded once in each thread.
 *
 * @throws AgentError `engine_unavailable`
 */
export function wasmBackend(): Promise<Backend> {
  loading ??= inTurn(load);
  return loading;
}

async function load(): Promise<Backend> {
  const mend = 'npm install @tensorflow/tfjs-core @tensorflow/tfjs-backend-wasm';
  try {
    const tf = await import('@tensorflow/tfjs-core');
    await import('@tensorflow/tfjs-backend-wasm');
    await tf.setBackend('wasm');
    return { tf, name: 'wasm' };
  } catch (cause) {
    const message = `TensorFlow.js cannot be loaded (${mend} mends a missing package): ${toAgentError(cause).message}`;
    throw new AgentError('engine_unavailable', message, { cause, detail: { mend } });
  }
}
