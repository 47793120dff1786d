import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { percentile } from '../../calibrate/evaluate/percentile.js';
import { DemoDevice, type DemoDeviceOptions, type StartedDevice } from './demoDevice.js';
import { annotatedByAgent, scenePictures, writePictures } from './demoPictures.js';
import { type DemoResult, type DemoSide, demoSide, jobFailure } from './demoResult.js';
import { DemoSteps, type Teller } from './demoSteps.js';
import { type CalibrationMetrics, jobStatus } from './heard.js';
import { tellJob } from './jobStory.js';
import { type LoadCount, mixedAnswers } from './loadGenerator.js';
import { ThreadedLoad } from './threadedLoad.js';
import { megabytes, milliseconds } from './wording.js';

export interface DemoOptions extends DemoDeviceOptions {
  /** Folder for the pictures; by default a new one in the folder for temporary files. */
  readonly pictures?: string;
  /** How long latency is measured before and after. */
  readonly measureMs: number;
  readonly teller: Teller;
}

const jobId = 'demo-1';
const clients = 4;
const pauseMs = 400;
const numScenes = 8;
const numAnnotated = 4;

/**
 * The whole loop, once, on this machine: an agent with an embedded broker, clients that ask it for detections all the
 * time, an operator who has it re-quantize its detector, and what came of it.
 */
export class Demo {
  readonly #options: DemoOptions;
  readonly #device: DemoDevice;
  readonly #steps: DemoSteps;
  #load: ThreadedLoad | undefined;
  #url = '';

  constructor(options: DemoOptions) {
    this.#options = options;
    this.#device = new DemoDevice(options);
    this.#steps = new DemoSteps(options.teller);
  }

  /** Base URL of the agent that was started. */
  get url(): string {
    return this.#url;
  }

  /**
   * Runs the story to its end; the agent goes on serving until `stop`.
   *
   * @throws AgentError the reason of a job that did not succeed, `no_model`, the reason of `signal`
   */
  async run(): Promise<DemoResult> {
    const steps = this.#steps;
    const { signal, seed, measureMs } = this.#options;
    const scenes = await scenePictures(seed, { count: numScenes, signal });
    const shown = scenes.slice(0, numAnnotated);

    steps.begin('start', 'An agent with an empty state folder starts on free ports of this machine.');
    const device = await this.#device.start();
    const { http, mqtt, model: before } = device;
    this.#url = http;
    const served = `${before.name} (${before.precision}, ${megabytes(await device.sizeOf(before))})`;
    steps.note(`It serves ${served} at ${http}/v1/detect. Its broker is ${mqtt}.`, { http, mqtt });
    const pictured = await annotatedByAgent(http, shown, signal);

    steps.begin('load', `${clients} clients post pictures to it, and will until the end.`);
    const load = new ThreadedLoad({ url: http, images: scenes, clients, pauseMs });
    this.#load = load;
    const beforeMs = await this.#measure(load, before.digest, measureMs);

    const metrics = await this.#calibrate(device);
    const after = metrics.model;

    steps.begin('measure', 'The same clients go on with the new detector.');
    const afterMs = await this.#measure(load, after.digest, measureMs);
    const count = await load.stop();

    steps.begin('annotate', 'Each detector draws what it sees in the same pictures.');
    const pictures = await this.#writePictures(pictured, await annotatedByAgent(http, shown, signal));
    steps.end();

    const sides = {
      before: { model: before, sizeBytes: await device.sizeOf(before), answerMs: beforeMs },
      after: { model: after, sizeBytes: await device.sizeOf(after), answerMs: afterMs },
    };
    return {
      steps: steps.done,
      before: demoSide(metrics.before, sides.before),
      after: {
        ...demoSide(metrics.after, sides.after),
        ...{ agreementMap: metrics.after.agreementMap, search: metrics.search },
      },
      swap: {
        ...{ gapMs: metrics.swap.gapMs, requests: count.requests, failed: count.failed },
        mixed: mixedAnswers(count, [before.digest, after.digest]),
      },
      pictures,
    };
  }

  /** Ends all that runs and removes what only the agent needed. Idempotent. */
  async stop(): Promise<void> {
    await this.#load?.terminate();
    await this.#device.stop();
  }

  /** Orders a calibration over MQTT, as any operator would, and returns its metrics. */
  async #calibrate({ operator, topics, calibration }: StartedDevice): Promise<CalibrationMetrics> {
    this.#steps.begin('command', 'An operator asks over MQTT for a calibration.');
    const { topic, payload } = await operator.create(jobId, { kind: 'calibrate' });
    this.#steps.note(`${topic} ${payload}`, { topic });
    const forget = tellJob(operator, topics, { job: { ...calibration, jobId }, steps: this.#steps });
    try {
      const job = await operator.next(topics.jobStatus(jobId), {
        schema: jobStatus,
        fits: ({ status }) => status !== 'QUEUED' && status !== 'IN_PROGRESS',
        signal: this.#options.signal,
      });
      if (job.metrics === null) throw jobFailure(job);
      const { gapMs } = job.metrics.swap;
      this.#steps.note(`It held. For ${milliseconds(gapMs)} no request could get a detector.`, { gapMs });
      return job.metrics;
    } finally {
      forget();
    }
  }

  /** Returns what the clients see of a model in the time that follows. */
  async #measure(load: ThreadedLoad, digest: string, forMs: number): Promise<DemoSide['answerMs']> {
    const { signal } = this.#options;
    const timesOf = ({ latenciesMs }: LoadCount) => latenciesMs.get(digest) ?? [];
    const earlier = timesOf(await load.count()).length;
    await sleep(forMs, undefined, { signal }).catch(() => signal.throwIfAborted());
    const times = timesOf(await load.count()).slice(earlier);
    const answerMs = { p50: percentile(times, 0.5), p95: percentile(times, 0.95), n: times.length };
    const [half, most] = [milliseconds(answerMs.p50), milliseconds(answerMs.p95)];
    this.#steps.note(`${times.length} answers: half within ${half}, 95 % within ${most}.`, { answerMs });
    return answerMs;
  }

  async #writePictures(before: readonly Buffer[], after: readonly Buffer[]): Promise<string> {
    const folder = this.#options.pictures ?? (await mkdtemp(join(tmpdir(), 'detptq-demo-pictures-')));
    await writePictures(folder, { before, after });
    this.#steps.note(`They are in ${folder}.`);
    return folder;
  }
}
