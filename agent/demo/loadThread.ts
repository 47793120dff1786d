/** Entry point of a thread that asks for detections: `count` and `stop` are each answered with what was seen. */
import { parentPort, workerData } from 'node:worker_threads';
import { LoadGenerator, type LoadOptions } from './loadGenerator.js';

const load = new LoadGenerator(workerData as LoadOptions);
load.start();

parentPort!.on('message', async (request: 'count' | 'stop') => {
  parentPort!.postMessage(request === 'count' ? load.count : await load.stop());
});
