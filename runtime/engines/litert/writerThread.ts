/** Entry point of a worker thread that writes one graph as a .tflite file, and ends. */
import { parentPort, workerData } from 'node:worker_threads';
import { toErrorMessage } from '../threaded/messages.js';
import { keptModel, type WriterTask } from './keptModel.js';
import type { WriterReply } from './writeInThread.js';

const port = parentPort!;

function reply(message: WriterReply, moved: ArrayBuffer[] = []): void {
  port.postMessage(message, moved);
}

try {
  const encoded = await keptModel(workerData as WriterTask);
  reply({ encoded }, [encoded.bytes.buffer]);
} catch (error) {
  reply({ error: toErrorMessage(error) });
}
