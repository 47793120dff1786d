/**
 * Prints what the HTTP layer adds to a detection, as JSON: the client's wall-clock time less the four stages of
 * the detector, beside the same exchange with a bare node server as the floor. One keep-alive connection.
 */
import { randomBytes } from 'node:crypto';
import { Agent, type RequestListener } from 'node:http';
import { Registry } from 'prom-client';
import { createHttpApp } from '../../agent/http/app.js';
import type { DetectAnswer } from '../../agent/http/detectAnswer.js';
import { startHttpServer } from '../../agent/http/server.js';
import { percentile } from '../../calibrate/evaluate/percentile.js';
import { WorkQueue } from '../../runtime/serving/queue.js';
import { ModelSlot } from '../../runtime/serving/slot.js';
import { FakeModel } from '../helpers/fakeModel.js';
import { send } from '../helpers/httpClient.js';
import { jpeg } from '../helpers/pictures.js';

const bodyBytes = 100_000;
const warmUps = 100;
const requests = 1000;

/** A small JPEG with so many bytes behind its end: the upload of a camera's picture, quickly decoded. */
const picture = await jpeg(64, 64);
const body = Buffer.concat([picture, randomBytes(bodyBytes - picture.length)]);

const slot = new ModelSlot();
const detections = Array.from({ length: 20 }, (_, i) => ({
  classId: i,
  score: 0.9,
  box: [1, 1, 5, 5] as const,
}));
const labels = detections.map(({ classId }) => `class ${classId}`);
const model = new FakeModel('fake', { detections, labels });
await slot.swap(async () => model, { warmUp: async () => undefined, drainTimeoutMs: 0 });
const app = createHttpApp({
  slot,
  queue: new WorkQueue({ concurrency: 2, maxWaiting: 16 }),
  registry: new Registry(),
  limits: { maxBodyBytes: 1_000_000, maxPixels: 1_000_000, deadlineMs: 10_000 },
  readiness: () => null,
  models: async () => [],
  stats: () => ({}),
});
const sample = await exchange(app, () => 0);
const bareAnswer = sample.lastBody;
const bare: RequestListener = (request, response) => {
  request.resume();
  request.once('end', () => response.setHeader('Content-Type', 'application/json').end(bareAnswer));
};

const overhead = await exchange(app, (answer) => {
  const { decode, preprocess, infer, postprocess } = (JSON.parse(answer) as DetectAnswer).timingMs;
  return decode + preprocess + infer + postprocess;
});
const floor = await exchange(bare, () => 0);
const summary = (ms: readonly number[]) => ({ p50: percentile(ms, 0.5), p95: percentile(ms, 0.95) });
console.log(
  JSON.stringify({
    bench: 'httpOverhead',
    bodyBytes,
    answerBytes: bareAnswer.length,
    requests,
    overheadMs: summary(overhead.ms),
    bareNodeMs: summary(floor.ms),
  }),
);

/** Sends the picture again and again, and returns each time less what `workMs` reads from the answer. */
async function exchange(listener: RequestListener, workMs: (answer: string) => number) {
  const server = await startHttpServer(listener, { host: '127.0.0.1', port: 0 });
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const headers = { 'Content-Type': 'image/jpeg', 'Content-Length': body.length };
  const ms: number[] = [];
  let lastBody = '';
  for (let i = 0; i < warmUps + requests; i++) {
    const start = performance.now();
    const answer = await send(`${server.url}/v1/detect`, { method: 'POST', headers, body, agent });
    const elapsedMs = performance.now() - start;
    if (answer.status !== 200) throw new Error(`expected 200, got ${answer.status}: ${answer.body}`);
    if (i >= warmUps) ms.push(elapsedMs - workMs(answer.body));
    lastBody = answer.body;
  }
  agent.destroy();
  await server.close(1000);
  return { ms, lastBody };
}
