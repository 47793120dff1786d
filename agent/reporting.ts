import type { Logger } from 'pino';
import type { Registry } from 'prom-client';
import type { AgentError } from '../runtime/errors.js';
import type { ServedDetections } from '../runtime/serving/serve.js';
import type { AgentConfig } from './config.js';
import type { JobRecord } from './jobs/jobRecord.js';
import { DeviceMessages, type QualityReport } from './mqtt/messages.js';
import type { IncomingMessage } from './mqtt/mqttLink.js';
import { MqttPort } from './mqtt/mqttPort.js';
import { type Topics, topicsOf } from './mqtt/topics.js';
import { AgentMetrics } from './telemetry/agentMetrics.js';
import { LatencyWindow } from './telemetry/latencyWindow.js';
import { Throttle } from './telemetry/throttle.js';

export interface ReportingOptions {
  readonly config: AgentConfig;
  readonly sessionPath: string;
  readonly registry: Registry;
  /** The content of `info`. */
  readonly info: object;
  /** The content of `state`, as it is now. */
  readonly state: () => object;
  readonly openJobs: () => readonly JobRecord[];
  readonly onMessage: (message: IncomingMessage) => Promise<void>;
  readonly log: Logger;
}

const stateIntervalMs = 10_000;

/** All that the device tells: over MQTT, in its metrics and in its log. */
export class Reporting {
  readonly #options: ReportingOptions;
  readonly #topics: Topics;
  readonly #messages: DeviceMessages;
  readonly #mqtt: MqttPort;
  readonly #metrics: AgentMetrics;
  readonly #window = new LatencyWindow(performance.now());
  readonly #state: Throttle;
  #windowTimer: NodeJS.Timeout | undefined;

  constructor(options: ReportingOptions) {
    const { config, sessionPath, registry, info, state, openJobs, onMessage, log } = options;
    this.#options = options;
    this.#topics = topicsOf(config.mqtt);
    this.#messages = new DeviceMessages(this.#topics);
    this.#mqtt = new MqttPort({
      ...{ config: config.mqtt, topics: this.#topics, messages: this.#messages, sessionPath, onMessage, log },
      greeting: () => [
        this.#messages.info(info),
        this.#messages.state(state()),
        ...openJobs().flatMap((record) => this.#messages.job(record)),
      ],
    });
    this.#metrics = new AgentMetrics(registry, {
      connected: () => this.#mqtt.connected,
      waiting: () => this.#mqtt.waiting,
    });
    this.#state = new Throttle(() => this.#mqtt.publish(this.#messages.state(state())), stateIntervalMs);
  }

  get mqtt(): { readonly connected: boolean; readonly waiting: number } {
    const { connected, waiting } = this.#mqtt;
    return { connected, waiting };
  }

  /** Begins to connect and to report; returns the broker's URL. @throws AgentError those of `MqttPort.start` */
  async start(): Promise<string> {
    const url = await this.#mqtt.start();
    this.#windowTimer = setInterval(
      () => this.#closeWindow(),
      this.#options.config.telemetry.latencyWindowS * 1000,
    );
    return url;
  }

  /** Reports the window that is open, says `stopped` and disconnects. */
  async stop(): Promise<void> {
    clearInterval(this.#windowTimer);
    this.#closeWindow();
    this.#state.stop();
    this.#mqtt.publish(this.#messages.state(this.#options.state()));
    await this.#mqtt.stop();
  }

  noteStateChange(): void {
    this.#state.trigger();
  }

  noteDetection({ model, timingsMs }: ServedDetections, totalMs: number): void {
    this.#window.add({ inferMs: timingsMs.infer, totalMs, modelDigest: model.digest });
  }

  /** Tells a new status of a job. Progress is told too, but not logged: the log must not grow with it. */
  noteJob(record: JobRecord): void {
    const { jobId, kind, status, step, progress, reason } = record;
    this.#metrics.noteJob(record);
    this.answer(record);
    this.#state.trigger();
    if (progress !== null) return;
    const where = step === null ? '' : ` (${step})`;
    const why = reason === null ? '' : `: ${reason.message}`;
    const level = reason === null ? 'info' : 'warn';
    this.#options.log[level]({ jobId, kind, reason }, `job ${jobId} ${kind} ${status}${where}${why}`);
  }

  /** Publishes the status of a job as it is, new or not. */
  answer(record: JobRecord): void {
    this.#mqtt.publish(...this.#messages.job(record));
  }

  /** Takes back the status of a job that stayed for those who were not there yet. */
  withdraw(record: JobRecord): void {
    this.#mqtt.publish(this.#messages.outdatedJob(record));
  }

  noteRefused(jobId: string, error: AgentError): void {
    this.#metrics.noteRefused(error.code);
    this.#options.log.warn({ jobId, code: error.code }, `command refused: ${error.message}`);
    this.#state.trigger();
  }

  noteQuality(report: QualityReport): void {
    this.#metrics.noteQuality(report);
    this.#mqtt.publish(this.#messages.quality(report));
  }

  #closeWindow(): void {
    const reports = this.#window.close(performance.now());
    this.#mqtt.publish(...reports.map((report) => this.#messages.latency(report)));
  }
}
