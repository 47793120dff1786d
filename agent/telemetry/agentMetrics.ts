import { Counter, collectDefaultMetrics, Gauge, type Registry } from 'prom-client';
import type { ErrorCode } from '../../runtime/errors.js';
import type { JobRecord } from '../jobs/jobRecord.js';
import type { QualityReport } from '../mqtt/messages.js';

/** The metrics of jobs and MQTT. */
export class AgentMetrics {
  readonly #refused: Counter<'reason'>;
  readonly #jobs: Counter<'kind' | 'status'>;
  readonly #progress: Gauge;
  readonly #agreement: Gauge;
  readonly #map: Gauge;

  constructor(
    registry: Registry,
    mqtt: { readonly connected: () => boolean; readonly waiting: () => number },
  ) {
    const registers = [registry];
    collectDefaultMetrics({ register: registry });
    this.#refused = new Counter({
      name: 'detptq_commands_refused_total',
      help: 'MQTT commands that were refused, by error code.',
      labelNames: ['reason'],
      registers,
    });
    this.#jobs = new Counter({
      name: 'detptq_jobs_total',
      help: 'Jobs that have ended, by kind and final status.',
      labelNames: ['kind', 'status'],
      registers,
    });
    this.#progress = new Gauge({
      name: 'detptq_calibration_progress_ratio',
      help: 'Progress of the step that a job is in, 0..1.',
      registers,
    });
    this.#agreement = new Gauge({
      name: 'detptq_agreement_ratio',
      help: 'Agreement mAP of the latest candidate with the float model, 0..1.',
      registers,
    });
    this.#map = new Gauge({
      name: 'detptq_map_ratio',
      help: 'COCO mAP of the latest candidate on labelled frames, 0..1; NaN without labels.',
      registers,
    });
    this.#map.set(Number.NaN);
    new Gauge({
      name: 'detptq_mqtt_connected',
      help: 'Whether there is a connection to the MQTT broker, 0 or 1.',
      registers,
      collect() {
        this.set(mqtt.connected() ? 1 : 0);
      },
    });
    new Gauge({
      name: 'detptq_mqtt_queue_length',
      help: 'MQTT messages that wait for a connection.',
      registers,
      collect() {
        this.set(mqtt.waiting());
      },
    });
  }

  noteRefused(reason: ErrorCode): void {
    this.#refused.inc({ reason });
  }

  noteJob({ kind, status, progress }: JobRecord): void {
    this.#progress.set(progress === null || progress.total <= 0 ? 0 : progress.done / progress.total);
    if (status !== 'QUEUED' && status !== 'IN_PROGRESS') this.#jobs.inc({ kind, status });
  }

  noteQuality({ agreementMap, mAP = Number.NaN }: Pick<QualityReport, 'agreementMap' | 'mAP'>): void {
    this.#agreement.set(agreementMap);
    this.#map.set(mAP);
  }
}
