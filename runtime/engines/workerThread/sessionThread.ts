/** Entry point of a worker thread that holds one session. */
import { parentPort, workerData } from 'node:worker_threads';
import { decodeOnnx } from '../../graph/onnxCodec.js';
import type { Session, TensorMap } from '../engine.js';
import { getEngine } from '../registry.js';
import { type Reply, type RunRequest, type ThreadData, toErrorMessage } from './messages.js';

const port = parentPort!;

function reply(message: Reply, tensors: TensorMap = {}): void {
  port.postMessage(message, buffersOf(tensors));
}

/** Results are this thread's own, so that their memory can move instead of being copied. */
function buffersOf(tensors: TensorMap): ArrayBuffer[] {
  return [...new Set(Object.values(tensors).map(({ data }) => data.buffer as ArrayBuffer))];
}

async function answer(session: Session, { id, feeds, outputs }: RunRequest): Promise<void> {
  try {
    const tensors = await session.run(feeds, outputs);
    reply({ id, tensors }, tensors);
  } catch (error) {
    reply({ id, error: toErrorMessage(error) });
  }
}

try {
  const { engineName, onnx, options } = workerData as ThreadData;
  const session = await getEngine(engineName).load(decodeOnnx(onnx), options);
  port.on('message', (request: RunRequest | 'dispose') => {
    if (request !== 'dispose') void answer(session, request);
    else void session.dispose().finally(() => port.close());
  });
  reply({ id: 0, tensors: {} });
} catch (error) {
  reply({ id: 0, error: toErrorMessage(error) });
}
