/** Entry point of a worker thread that writes one graph as a .tflite file, and ends. */
import { parentPort, workerData } from 'node:worker_threads';
import { toErrorMessage } from '../threaded/messages.js';
import { keptModel } from './keptModel.js';
import type { WriterReply, WriterTask } from './writeInThread.js';

const port = parentPort!;

function reply(message: WriterReply, moved: ArrayBuffer[] = []): void {
  port.postMessage(message, moved);
}

try {
  const { graph, cacheFolder } = workerData as WriterTask;
  const encoded = await keptModel(graph, cacheFolder);
  reply({ encoded }, [encoded.bytes.buffer]);
} catch (error) {
  reply({ error: toErrorMessage(error) });
}
