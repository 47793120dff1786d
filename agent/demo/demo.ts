import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { percentile } from '../../calibrate/evaluate/percentile.js';
import type { Recipe } from '../../calibrate/quantize/recipe.js';
import { AgentError } from '../../runtime/errors.js';
import { Agent, type AgentAddresses } from '../agent.js';
import { type AgentConfig, type CalibrationConfig, loadConfig } from '../config.js';
import { type Topics, topicsOf } from '../mqtt/topics.js';
import { ModelStore } from '../state/modelStore.js';
import { statePaths } from '../state/stateFolder.js';
import { annotatedByAgent, scenePictures, writePictures } from './demoPictures.js';
import { type DemoResult, type DemoSide, demoSide, jobFailure } from './demoResult.js';
import { DemoSteps, type Teller } from './demoSteps.js';
import { type CalibrationMetrics, deviceState, type HeardModel, jobStatus } from './heard.js';
import { tellJob } from './jobStory.js';
import { type LoadCount, mixedAnswers } from './loadGenerator.js';
import { Operator } from './operator.js';
import { ThreadedLoad } from './threadedLoad.js';
import { megabytes, milliseconds } from './wording.js';

export interface DemoOptions {
  /** Manifest of the float detector. */
  readonly modelPath: string;
  /** Chooses the place that the camera shows, and what the search draws. */
  readonly seed: number;
  readonly recipe: Recipe;
  /** Pictures that the search sees. */
  readonly frames: number;
  /** Dotted keys of the agent's configuration, over those of the demo. */
  readonly settings?: Readonly<Record<string, unknown>>;
  /** Folder for the pictures; by default a new one in the folder for temporary files. */
  readonly pictures?: string;
  /** How long latency is measured before and after. */
  readonly measureMs: number;
  readonly cliScript: string;
  readonly log: Logger;
  readonly teller: Teller;
  readonly signal: AbortSignal;
}

const device = 'demo';
const jobId = 'demo-1';
const clients = 4;
const pauseMs = 300;
const heldOut = 32;
const numScenes = 8;
const numAnnotated = 4;

/**
 * The whole loop, once, on this machine: an agent with an embedded broker, clients that ask it for detections all the
 * time, an operator who has it re-quantize its detector, and what came of it.
 */
export class Demo {
  readonly #options: DemoOptions;
  readonly #topics: Topics = topicsOf({ base: 'detptq', group: 'default', device });
  readonly #steps: DemoSteps;
  /** What ends each part that was started, in order of starting. */
  readonly #stops: (() => Promise<unknown>)[] = [];
  #url = '';

  constructor(options: DemoOptions) {
    this.#options = options;
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

    const { http, operator, store, model: before, calibration } = await this.#begin();
    const pictured = await annotatedByAgent(http, shown, signal);

    steps.begin('load', `${clients} clients post pictures to it, and will until the end.`);
    const load = new ThreadedLoad({ url: http, images: scenes, clients, pauseMs });
    this.#stops.push(() => load.terminate());
    const beforeMs = await this.#measure(load, before.digest, measureMs);

    const metrics = await this.#calibrate(operator, calibration);
    const after = metrics.model;

    steps.begin('measure', 'The same clients go on with the new detector.');
    const afterMs = await this.#measure(load, after.digest, measureMs);
    const count = await load.stop();

    steps.begin('annotate', 'Each detector draws what it sees in the same pictures.');
    const pictures = await this.#writePictures(pictured, await annotatedByAgent(http, shown, signal));
    steps.end();

    const sizeOf = async ({ digest }: HeardModel) => (await store.find(digest)).manifest.model.sizeBytes;
    const sides = {
      before: { model: before, sizeBytes: await sizeOf(before), answerMs: beforeMs },
      after: { model: after, sizeBytes: await sizeOf(after), answerMs: afterMs },
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
    for (const stop of this.#stops.splice(0).reverse()) await stop();
  }

  /** Starts an agent in a new state folder and an operator at its broker. */
  async #begin() {
    const { signal, log, cliScript } = this.#options;
    this.#steps.begin('start', 'An agent with an empty state folder starts on free ports of this machine.');
    const stateRoot = await mkdtemp(join(tmpdir(), 'detptq-demo-state-'));
    this.#stops.push(() => rm(stateRoot, { recursive: true, force: true }));
    const config = await this.#config();
    const agent = new Agent({ config, stateRoot, log, cliScript });
    this.#stops.push(() => agent.stop());
    const { http, mqtt }: AgentAddresses = await agent.start();
    this.#url = http;
    const operator = await Operator.connect(mqtt, this.#topics);
    this.#stops.push(() => operator.close());
    const { active: model, reason } = await operator.next(this.#topics.state, {
      schema: deviceState,
      signal,
    });
    if (model === null) throw new AgentError('no_model', `the demo's detector: ${reason?.message}`);
    const store = new ModelStore(statePaths(stateRoot).models);
    const { sizeBytes } = (await store.find(model.digest)).manifest.model;
    const served = `${model.name} (${model.precision}, ${megabytes(sizeBytes)})`;
    this.#steps.note(`It serves ${served} at ${http}/v1/detect. Its broker is ${mqtt}.`, { http, mqtt });
    return { http, operator, store, model, calibration: config.calibration };
  }

  async #config(): Promise<AgentConfig> {
    const { modelPath, seed, recipe, frames, settings } = this.#options;
    const flags = {
      ...{ 'http.port': 0, 'mqtt.embeddedPort': 0, 'mqtt.device': device, 'model.path': modelPath },
      // A second between pictures, so that a minute of the scene is enough.
      'camera.source': `synthetic:hall?seed=${seed}&fps=1`,
      ...{ 'calibration.recipe': recipe, 'calibration.frames': frames, 'calibration.heldOut': heldOut },
      ...{ 'calibration.seed': seed, 'calibration.soakS': 2 },
      ...settings,
    };
    const { config } = await loadConfig({ env: {}, hostName: device, flags });
    return config;
  }

  /** Orders a calibration over MQTT, as any operator would, and returns its metrics. */
  async #calibrate(operator: Operator, config: CalibrationConfig): Promise<CalibrationMetrics> {
    const { signal } = this.#options;
    this.#steps.begin('command', 'An operator asks over MQTT for a calibration.');
    const { topic, payload } = await operator.create(jobId, { kind: 'calibrate' });
    this.#steps.note(`${topic} ${payload}`, { topic });
    const forget = tellJob(operator, this.#topics, {
      ...{ job: { ...config, jobId }, steps: this.#steps },
    });
    try {
      const job = await operator.next(this.#topics.jobStatus(jobId), {
        schema: jobStatus,
        fits: ({ status }) => status !== 'QUEUED' && status !== 'IN_PROGRESS',
        signal,
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
