/**
 * The whole loop on real input, as an operator would drive it: `detptq run` with a float detector and a folder as
 * camera, four clients on `/v1/detect`, a `calibrate` and then a `rollback` sent by `mosquitto_pub`. Its last line on
 * stdout is one JSON document; it exits 0 only if the story came out as it should.
 *
 *     npm run e2e -- [--model MODEL.json] [--frames FOLDER] [--recipe balanced] [--count 8] [--pause 100] \
 *         [--latency-ratio 1.2]
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import mqtt from 'mqtt';
import { LoadGenerator, mixedAnswers } from '../../agent/demo/loadGenerator.js';
import { sharedFolder } from '../helpers/paths.js';
import { tempFolder } from '../helpers/tempFolder.js';
import { AgentProcess } from './agentProcess.js';

const clients = 4;
const device = 'e2e';
const root = `detptq/v1/default/${device}`;
const { values: options } = parseArgs({
  options: {
    model: { type: 'string', default: join(sharedFolder, 'models/nanodet-plus-m_416.json') },
    frames: { type: 'string', default: join(sharedFolder, 'data/coco-calib/images') },
    /** `balanced` takes minutes more: the clients leave the search little of two cores. */
    recipe: { type: 'string', default: 'fast' },
    /** Frames that the search sees, and as many to judge. */
    count: { type: 'string', default: '32' },
    /** Time that a client waits between an answer and its next request, in ms. */
    pause: { type: 'string', default: '0' },
    /** Most that the candidate may take of the float detector's time. */
    'latency-ratio': { type: 'string', default: '1.2' },
  },
});
const { model, frames } = options;

interface JobStatus {
  readonly status: string;
  readonly step?: string;
  readonly reason?: unknown;
  readonly metrics?: {
    readonly before: { readonly latencyMs: unknown };
    readonly after: { readonly latencyMs: unknown; readonly agreementMap: number };
    readonly swap: { readonly gapMs: number };
  };
}
interface DeviceState {
  readonly active: { readonly digest: string; readonly precision: string } | null;
}

const say = (text: string) => process.stderr.write(`${text}\n`);

async function main(): Promise<boolean> {
  if (spawnSync('mosquitto_pub', ['--help']).error)
    throw new Error('mosquitto_pub is missing: apt-get install mosquitto-clients');
  const images = readdirSync(frames)
    .slice(0, 16)
    .map((name) => readFileSync(join(frames, name)));
  const stateFolder = tempFolder();
  const {
    agent,
    http,
    mqtt: broker,
  } = await AgentProcess.start([], {
    DETPTQ_STATE_DIR: stateFolder,
    DETPTQ_HTTP__PORT: '0',
    DETPTQ_MQTT__EMBEDDED_PORT: '0',
    DETPTQ_MQTT__DEVICE: device,
    DETPTQ_MODEL__PATH: model,
    DETPTQ_CAMERA__SOURCE: frames,
    DETPTQ_TELEMETRY__LATENCY_WINDOW_S: '2',
    DETPTQ_CALIBRATION__RECIPE: options.recipe,
    DETPTQ_CALIBRATION__FRAMES: options.count,
    DETPTQ_CALIBRATION__HELD_OUT: options.count,
    DETPTQ_CALIBRATION__GATES__LATENCY_RATIO: options['latency-ratio'],
  });
  say(`agent on ${http}, broker on ${broker}`);
  const watcher = await Watcher.connect(broker);
  const load = new LoadGenerator({ url: http, images, clients, pauseMs: Number(options.pause) });
  load.start();
  try {
    const float = await watcher.state((state) => state.active !== null);
    await watcher.message('telemetry/latency');
    publish(broker, 'jobs/calibrate-1/cmd', { action: 'create', kind: 'calibrate' });
    const calibrated = await watcher.job('calibrate-1');
    if (calibrated.status !== 'SUCCEEDED') {
      const { requests, failed, mixed } = await load.stop();
      const { status: jobStatus, reason } = calibrated;
      say(`calibrate-1 ended with ${JSON.stringify(reason)}`);
      process.stdout.write(
        `${JSON.stringify({ requests, failed, mixed, jobStatus, swapGapMs: null, before: float.active, after: null, reason })}\n`,
      );
      return false;
    }
    const quantized = await watcher.state((state) => state.active?.digest !== float.active!.digest);
    const quality = await watcher.message('telemetry/quality');
    await watcher.message('telemetry/latency', (window) => window.modelDigest === quantized.active!.digest);
    publish(broker, 'jobs/rollback-1/cmd', { action: 'create', kind: 'rollback' });
    const rolledBack = await watcher.job('rollback-1');
    await watcher.state((state) => state.active?.digest === float.active!.digest);
    const count = await load.stop();
    for (const failure of count.failures.slice(0, 5)) say(`failed: ${failure}`);
    const mixed = mixedAnswers(count, [float.active!.digest, quantized.active!.digest]);
    const result = {
      requests: count.requests,
      failed: count.failed,
      mixed,
      jobStatus: calibrated.status,
      rollbackStatus: rolledBack.status,
      steps: watcher.stepsOf('calibrate-1'),
      swapGapMs: calibrated.metrics?.swap.gapMs ?? null,
      before: {
        ...float.active,
        ...calibrated.metrics?.before,
        clientLatencyMs: summary(count.latenciesMs.get(float.active!.digest)),
      },
      after: {
        ...quantized.active,
        ...calibrated.metrics?.after,
        quality,
        clientLatencyMs: summary(count.latenciesMs.get(quantized.active!.digest)),
      },
      ...(calibrated.reason !== undefined && { reason: calibrated.reason }),
    };
    process.stdout.write(`${JSON.stringify(result)}\n`);
    return (
      calibrated.status === 'SUCCEEDED' &&
      rolledBack.status === 'SUCCEEDED' &&
      count.failed === 0 &&
      mixed === 0
    );
  } finally {
    await load.stop();
    await watcher.close();
    const code = await agent.stop();
    say(`agent ended with ${code}`);
    if (code !== 0) say(agent.log.slice(-20).join('\n'));
  }
}

function publish(broker: string, topic: string, payload: unknown): void {
  const { hostname, port } = new URL(broker);
  const args = [
    '-h',
    hostname,
    '-p',
    port,
    '-q',
    '1',
    '-t',
    `${root}/${topic}`,
    '-m',
    JSON.stringify(payload),
  ];
  say(`mosquitto_pub ${args.join(' ')}`);
  execFileSync('mosquitto_pub', args);
}

function summary(latencies: readonly number[] = []) {
  const sorted = latencies.toSorted((a, b) => a - b);
  const at = (share: number) =>
    sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? null;
  return { n: sorted.length, p50: at(0.5), p95: at(0.95), max: sorted.at(-1) ?? null };
}

/** An operator's view of the device's topics. */
class Watcher {
  readonly #client: mqtt.MqttClient;
  readonly #messages: { topic: string; payload: Record<string, unknown> }[] = [];
  readonly #waiting = new Set<() => void>();
  #told = '';

  private constructor(client: mqtt.MqttClient) {
    this.#client = client;
  }

  static async connect(broker: string): Promise<Watcher> {
    const watcher = new Watcher(await mqtt.connectAsync(broker));
    watcher.#client.on('message', (topic, bytes) => {
      if (bytes.length === 0) return;
      const payload = JSON.parse(bytes.toString()) as Record<string, unknown>;
      watcher.#messages.push({ topic: topic.slice(root.length + 1), payload });
      watcher.#tell(topic, payload);
      for (const look of watcher.#waiting) look();
    });
    await watcher.#client.subscribeAsync(`${root}/#`, { qos: 1 });
    return watcher;
  }

  /** Says what a job does, when that changes. */
  #tell(topic: string, { status, step }: Record<string, unknown>): void {
    if (!topic.endsWith('/status') || status === undefined) return;
    const text = `${topic.slice(root.length + 1)}: ${status} ${step ?? ''}`;
    if (text !== this.#told) say(text);
    this.#told = text;
  }

  /** Returns the latest message of a topic that fits, waiting for it. */
  message(topic: string, fits: (payload: Record<string, unknown>) => boolean = () => true) {
    return new Promise<Record<string, unknown>>((resolve) => {
      const look = () => {
        const found = this.#messages.findLast((message) => message.topic === topic && fits(message.payload));
        if (!found) return;
        this.#waiting.delete(look);
        resolve(found.payload);
      };
      this.#waiting.add(look);
      look();
    });
  }

  async state(fits: (state: DeviceState) => boolean): Promise<DeviceState> {
    return (await this.message('state', (payload) =>
      fits(payload as unknown as DeviceState),
    )) as unknown as DeviceState;
  }

  async job(id: string): Promise<JobStatus> {
    const ended = (payload: Record<string, unknown>) =>
      !['QUEUED', 'IN_PROGRESS'].includes(String(payload.status));
    return (await this.message(`jobs/${id}/status`, ended)) as unknown as JobStatus;
  }

  /** The steps that a job went through, in order. */
  stepsOf(id: string): unknown[] {
    const steps = this.#messages
      .filter(({ topic }) => topic === `jobs/${id}/status`)
      .map(({ payload }) => payload.step);
    return [...new Set(steps.filter((step) => step !== undefined && step !== null))];
  }

  close(): Promise<void> {
    return this.#client.endAsync();
  }
}

process.exitCode = (await main()) ? 0 : 1;
