/**
 * Prints as JSON how detection over HTTP fares with the session in the server's thread and in one of its own: answers
 * per second for four clients, their waiting time, and how fast /healthz answers meanwhile. Rounds take turns; the
 * clients are a thread of their own.
 */
import { readdir, readFile } from 'node:fs/promises';
import { Agent } from 'node:http';
import { setTimeout } from 'node:timers/promises';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { Registry } from 'prom-client';
import { createHttpApp } from '../../agent/http/app.js';
import type { DetectAnswer } from '../../agent/http/detectAnswer.js';
import { startHttpServer } from '../../agent/http/server.js';
import { percentile } from '../../calibrate/evaluate/percentile.js';
import { loadDetector } from '../../runtime/detector/detector.js';
import { readModelFiles } from '../../runtime/detector/modelFiles.js';
import { onnxruntimeEngine } from '../../runtime/engines/onnxruntime/onnxruntimeEngine.js';
import { WorkQueue } from '../../runtime/serving/queue.js';
import { ModelSlot } from '../../runtime/serving/slot.js';
import { warmUp } from '../../runtime/serving/warmUp.js';
import { send } from '../helpers/httpClient.js';
import { sharedFolder, sharedModels } from '../helpers/paths.js';

const clients = 4;
const rounds = 4;
const roundMs = 5000;
const places = ['caller', 'own'] as const;
type Place = (typeof places)[number];

interface Load {
  readonly url: string;
  readonly picture: Uint8Array;
}

interface Answers {
  readonly ms: number[];
  readonly inferMs: number[];
  readonly healthMs: number[];
}

if (isMainThread) await bench();
else parentPort!.postMessage(await hammer(workerData as Load));

async function bench(): Promise<void> {
  const folder = `${sharedFolder}data/coco-calib/images/`;
  const picture = await readFile(`${folder}${(await readdir(folder)).sort()[0]}`);
  const all: Record<Place, Answers> = { caller: noAnswers(), own: noAnswers() };
  for (let round = 0; round < rounds; round++) {
    for (const place of places) {
      const { url, stop } = await serve(place);
      const answers = await hammerFromThread({ url, picture });
      for (const key of ['ms', 'inferMs', 'healthMs'] as const) all[place][key].push(...answers[key]);
      await stop();
    }
  }
  const { name } = sharedModels[0]!;
  const results = { caller: summary(all.caller), own: summary(all.own) };
  console.log(JSON.stringify({ bench: 'threadedServing', model: name, clients, ...results }));
}

function noAnswers(): Answers {
  return { ms: [], inferMs: [], healthMs: [] };
}

function summary({ ms, inferMs, healthMs }: Answers) {
  const quantiles = (values: number[]) => ({ p50: percentile(values, 0.5), p95: percentile(values, 0.95) });
  return {
    answersPerS: ms.length / ((rounds * roundMs) / 1000),
    answerMs: quantiles(ms),
    inferMs: quantiles(inferMs),
    healthMs: quantiles(healthMs),
  };
}

async function serve(thread: Place) {
  const { manifest, graph } = await readModelFiles(sharedModels[0]!.manifest);
  const detector = await loadDetector({ manifest, graph }, onnxruntimeEngine, { thread });
  const identity = { name: manifest.name, version: '1', digest: thread, engine: 'onnxruntime' };
  const slot = new ModelSlot();
  await slot.swap(async () => ({ identity: { ...identity, precision: 'float32' }, detector }), {
    warmUp: ({ detector }) => warmUp(detector),
    drainTimeoutMs: 0,
  });
  const app = createHttpApp({
    slot,
    queue: new WorkQueue({ concurrency: 2, maxWaiting: 16 }),
    registry: new Registry(),
    limits: { maxBodyBytes: 1e7, maxPixels: 1e7, deadlineMs: 10_000 },
    readiness: () => null,
    models: async () => [],
    stats: () => ({}),
  });
  const { url, close } = await startHttpServer(app, { host: '127.0.0.1', port: 0 });
  const stop = async () => {
    await close(1000);
    await slot.close(1000);
  };
  return { url, stop };
}

function hammerFromThread(workerData: Load): Promise<Answers> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL(import.meta.url), { workerData });
    worker.once('message', resolve);
    worker.once('error', reject);
  });
}

async function hammer({ url, picture }: Load): Promise<Answers> {
  const answers = noAnswers();
  const agent = new Agent({ keepAlive: true, maxSockets: clients + 1 });
  const until = performance.now() + roundMs;
  const headers = { 'Content-Type': 'image/jpeg' };
  const repeat = async (exchange: () => Promise<void>, ms: number[]) => {
    while (performance.now() < until) {
      const start = performance.now();
      await exchange();
      ms.push(performance.now() - start);
    }
  };
  const detect = async () => {
    const { status, body } = await send(`${url}/v1/detect`, {
      method: 'POST',
      headers,
      body: picture,
      agent,
    });
    if (status !== 200) throw new Error(`expected 200, got ${status}: ${body}`);
    answers.inferMs.push((JSON.parse(body) as DetectAnswer).timingMs.infer);
  };
  const lookAtHealth = async () => {
    while (performance.now() < until) {
      const start = performance.now();
      await send(`${url}/healthz`, { agent });
      answers.healthMs.push(performance.now() - start);
      await setTimeout(20);
    }
  };
  await Promise.all([...Array.from({ length: clients }, () => repeat(detect, answers.ms)), lookAtHealth()]);
  agent.destroy();
  return answers;
}
