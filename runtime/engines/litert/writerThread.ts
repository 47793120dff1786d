/** Entry point of a worker thread that writes one graph as a .tflite file, and ends. */
import { parentPort, workerData } from 'node:worker_threads';
import type { Graph } from '../../graph/graph.js';
import { toErrorMessage } from '../threaded/messages.js';
import type { WriterReply } from './writeInThread.js';
import { writeModel } from './writeModel.js';
import { encodeModel } from './writtenModel.js';

const port = parentPort!;

function reply(message: WriterReply, moved: ArrayBuffer[] = []): void {
  port.postMessage(message, moved);
}

try {
  const encoded = encodeModel(writeModel(workerData as Graph));
  reply({ encoded }, [encoded.bytes.buffer]);
} catch (error) {
  reply({ error: toErrorMessage(error) });
}
