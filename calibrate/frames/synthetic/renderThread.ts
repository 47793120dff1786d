/** Entry point of a thread that renders a camera's frames: in goes a frame's number, out come its bytes and truth. */
import { parentPort, workerData } from 'node:worker_threads';
import { encodeJpeg } from './encodeJpeg.js';
import { type SceneOptions, SceneRenderer } from './sceneRenderer.js';

const renderer = new SceneRenderer(workerData as SceneOptions);

parentPort!.on('message', async (index: number) => {
  const { image, truth } = renderer.render(index);
  parentPort!.postMessage({ bytes: await encodeJpeg(image), truth });
});
