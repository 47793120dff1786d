import { AgentError, toAgentError } from '../../../errors.js';
import { type Backend, inTurn } from '../backendTurn.js';
import type { KernelBackend } from './kernelBackend.js';
import { nativeTracer } from './traced/tracedGraph.js';

/** A name that the compiler does not follow: npm removes the package where its install script fails. */
const packageName: string = '@tensorflow/tfjs-node';

let loading: Promise<Backend> | undefined;

/**
 * Returns TensorFlow.js with TensorFlow's library as its backend, loaded once in each thread.
 *
 * @throws AgentError `engine_unavailable`
 */
export function nodeBackend(): Promise<Backend> {
  loading ??= inTurn(load);
  return loading;
}

async function load(): Promise<Backend> {
  const mend = 'npm install --ignore-scripts @tensorflow/tfjs-node && deploy/tfjs-node/build.sh';
  try {
    const tf = await import('@tensorflow/tfjs-core');
    await import(packageName);
    await tf.setBackend('tensorflow');
    const tracer = nativeTracer(tf.backend() as unknown as KernelBackend);
    return { tf, name: 'tensorflow', tracer };
  } catch (cause) {
    // The first line says what is missing; the others are its installer's advice.
    const [reason] = toAgentError(cause).message.trim().split('\n');
    throw new AgentError('engine_unavailable', `tfjs-node cannot be loaded: ${reason} (mend: ${mend})`, {
      cause,
      detail: { mend },
    });
  }
}
