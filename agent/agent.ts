import type { Logger } from 'pino';
import { Registry } from 'prom-client';
import type { FrameSource } from '../calibrate/frames/frame.js';
import { openFrameSource } from '../calibrate/frames/openSource.js';
import type { AgentError } from '../runtime/errors.js';
import { environmentName } from './config/configKeys.js';
import type { AgentConfig } from './config.js';
import { deviceInfo } from './deviceInfo.js';
import { deviceState } from './deviceState.js';
import { configuredEngines, quantizedEngineOf } from './engines/configuredEngines.js';
import { readVerdict } from './engines/engineVerdict.js';
import { litertHint } from './engines/litertHint.js';
import { servingLowering } from './engines/servingLowering.js';
import { createHttpApp } from './http/app.js';
import { type HttpServer, startHttpServer } from './http/server.js';
import type { JobKind } from './jobs/jobKind.js';
import { JobRunner } from './jobs/jobRunner.js';
import { idsThatGoOn, Journal } from './jobs/journal.js';
import { calibrateJob } from './jobs/kinds/calibrate/calibrateJob.js';
import { pingJob } from './jobs/kinds/ping.js';
import { rollbackJob } from './jobs/kinds/rollback.js';
import { Serving } from './models/serving.js';
import { CommandDesk } from './mqtt/commandDesk.js';
import { takesUnsignedCommands } from './mqtt/mqttPort.js';
import { topicsOf } from './mqtt/topics.js';
import { Reporting } from './reporting.js';
import { ownState } from './state/stateFolder.js';

export interface AgentOptions {
  readonly config: AgentConfig;
  /** State folder; made where missing. */
  readonly stateRoot: string;
  /** The compiled script of the CLI, of which searches are child processes. */
  readonly cliScript: string;
  readonly log: Logger;
}

export interface AgentAddresses {
  /** Base URL of the HTTP API. */
  readonly http: string;
  /** URL of the broker that the agent talks to. */
  readonly mqtt: string;
}

/** The daemon: serves a detector, takes jobs over MQTT, and tells how it fares. */
export class Agent {
  readonly #options: AgentOptions;
  /** What stops each part that was started, in order of starting. */
  readonly #stops: (() => Promise<unknown>)[] = [];

  constructor(options: AgentOptions) {
    this.#options = options;
  }

  /**
   * Starts every part, and returns once requests and commands are taken. Without a model that works, a camera or a
   * broker it starts all the same: `/readyz`, jobs and the log say what is missing.
   *
   * @throws AgentError `state_locked`, `port_in_use`, `engine_unknown`, `engine_unavailable`, `disk_full` and others
   *   for what a start cannot do without; nothing is left running then
   */
  async start(): Promise<AgentAddresses> {
    try {
      return await this.#start();
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  /** Gives up the running job, says `stopped`, lets requests finish and frees everything. Idempotent. */
  async stop(): Promise<void> {
    for (const stop of this.#stops.splice(0).reverse()) {
      await stop().catch((error) => this.#options.log.error({ err: error }, 'a part did not stop cleanly'));
    }
  }

  async #start(): Promise<AgentAddresses> {
    const { config, stateRoot, log } = this.#options;
    const { paths, release } = await ownState(stateRoot, idsThatGoOn);
    this.#stops.push(release);
    const engines = await configuredEngines(config, paths.engineVerdict);
    const hint = engines.serving.quantized[0].engine.name === 'onnxruntime' ? await litertHint() : undefined;
    if (hint !== undefined) log.info(hint);
    if (config.inference.threads === 'auto' && (await readVerdict(paths.engineVerdict)) === undefined)
      log.info(
        `threads of an inference: ${engines.serving.float[0].threads}; detptq doctor measures how many serve best`,
      );
    const registry = new Registry();
    const trusted = takesUnsignedCommands(config.mqtt);

    const serving: Serving = new Serving({
      ...{ config, paths, engines: engines.serving, registry, log },
      lowering: await servingLowering(paths),
      onChange: () => reporting.noteStateChange(),
    });
    const onProblem = (error: AgentError) => log.error({ err: error }, error.message);
    const kinds: JobKind[] = [
      calibrateJob({
        ...{
          config: config.calibration,
          cliScript: this.#options.cliScript,
          cliEnv: cliEnvOf(config, stateRoot),
        },
        engineNames: { search: engines.search.name, quantized: quantizedEngineOf(config) },
        ...{ store: serving.store, slot: serving.slot, active: serving.active, workFolder: paths.work },
        onProblem,
        camera: cameraOf(config),
        floatModel: () => serving.floatModel,
        onJudged: ({ modelDigest, agreement: { agreementMap, f1, n }, accuracy }) =>
          reporting.noteQuality({
            ...{ ...accuracy, agreementMap, f1, n },
            ...{ source: accuracy === null ? 'float-teacher' : 'labels', modelDigest },
          }),
      }),
      rollbackJob({ active: serving.active, deadlineS: config.calibration.deadlines.swappingS }),
      pingJob(),
    ];
    const jobs: JobRunner = new JobRunner({
      ...{ journal: new Journal(paths.jobs), kinds, queueLimit: config.calibration.queueLimit },
      onStatus: (record) => reporting.noteJob(record),
      onOutdated: (record) => reporting.withdraw(record),
      onProblem,
    });
    const desk: CommandDesk = new CommandDesk({
      ...{ topics: topicsOf(config.mqtt), jobs, trusted },
      answer: (record) => reporting.answer(record),
      onRefused: (jobId, error) => reporting.noteRefused(jobId, error),
    });
    const reporting: Reporting = new Reporting({
      ...{ config, sessionPath: paths.mqttSession, registry, log },
      info: await deviceInfo(config, { jobs: kinds.map(({ name }) => name), unsignedCommands: trusted }),
      state: () => deviceState({ serving, jobs, desk }),
      openJobs: () => jobs.openJobs,
      onMessage: (message) => desk.take(message),
    });

    this.#stops.push(() => serving.stop());
    const http = await this.#serveHttp({ serving, jobs, reporting, registry });
    await serving.start();
    // Jobs know their past before the first command arrives, and end before the last status is told.
    this.#stops.push(() => reporting.stop());
    this.#stops.push(() => jobs.stop());
    await jobs.start();
    const mqtt = await reporting.start();
    jobs.begin();
    if (!trusted)
      log.warn('no job command is taken: unsigned ones come over the embedded broker on loopback only');
    if (config.camera.source === undefined) log.warn('no calibration is possible: camera.source is not set');
    log.info({ http: http.url, mqtt }, `detection on ${http.url}/v1/detect, MQTT on ${mqtt}`);
    return { http: http.url, mqtt };
  }

  async #serveHttp(parts: {
    readonly serving: Serving;
    readonly jobs: JobRunner;
    readonly reporting: Reporting;
    readonly registry: Registry;
  }): Promise<HttpServer> {
    const { serving, jobs, reporting, registry } = parts;
    const { log } = this.#options;
    const { host, port, maxBodyBytes, maxPixels, requestDeadlineS, drainTimeoutS } =
      this.#options.config.http;
    const app = createHttpApp({
      ...{ slot: serving.slot, queue: serving.queue, registry },
      limits: { maxBodyBytes, maxPixels, deadlineMs: requestDeadlineS * 1000 },
      readiness: () => serving.notReady,
      models: async () => {
        const serves = serving.slot.current?.digest;
        const models = await serving.models();
        return models.map(({ engine, ...model }) => ({ ...model, active: model.digest === serves }));
      },
      stats: () => ({ mqtt: reporting.mqtt, job: jobs.current }),
      observer: {
        onDetected: (served, totalMs) => reporting.noteDetection(served, totalMs),
        onDefect: (error, route) =>
          log.error({ err: error, route }, `a request failed unexpectedly: ${error.message}`),
      },
    });
    const server = await startHttpServer(app, { host, port });
    this.#stops.push(() => server.close(drainTimeoutS * 1000));
    return server;
  }
}

/** What a command of the CLI would take from a file that it does not know. */
function cliEnvOf(
  { engines: { chromium } }: AgentConfig,
  stateRoot: string,
): Readonly<Record<string, string>> {
  return {
    DETPTQ_STATE_DIR: stateRoot,
    ...(chromium !== undefined && { [environmentName('engines.chromium')]: chromium }),
  };
}

/** Opening is lazy: a camera that is away when the agent starts may be back when a job needs it. */
function cameraOf({ camera: { source, fps } }: AgentConfig): FrameSource | null {
  if (source === undefined) return null;
  return openFrameSource(fps === undefined ? source : { type: 'video', path: source, fps });
}
