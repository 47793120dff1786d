import { isInterrupted, isOpen, type JobRecord } from '../jobs/jobRecord.js';
import type { LatencyReport } from '../telemetry/latencyWindow.js';
import type { OutgoingMessage } from './outbox.js';
import type { Topics } from './topics.js';

/** Online, or gone: `stopped` is said by the agent itself, `offline` by the broker as its Last Will. */
export type Presence = 'online' | 'stopped' | 'offline';

/** `telemetry/quality`: how far a model agrees with the float model and, on labelled frames, how much it finds. */
export interface QualityReport {
  /** COCO mAP and AP50, where there are labels. */
  readonly mAP?: number;
  readonly AP50?: number;
  readonly agreementMap: number;
  readonly f1: number;
  readonly n: number;
  readonly source: 'labels' | 'float-teacher';
  readonly modelDigest: string;
}

/** What the device says, each with the QoS, retention and keeping of its topic. */
export class DeviceMessages {
  readonly #topics: Topics;

  constructor(topics: Topics) {
    this.#topics = topics;
  }

  status(state: Presence, session: number): OutgoingMessage {
    return current(this.#topics.status, { state, session, ts: new Date().toISOString() });
  }

  info(info: object): OutgoingMessage {
    return current(this.#topics.info, info);
  }

  state(state: object): OutgoingMessage {
    return current(this.#topics.state, state);
  }

  latency(report: LatencyReport): OutgoingMessage {
    return {
      topic: this.#topics.telemetryLatency,
      payload: JSON.stringify({ ...report, ts: new Date().toISOString() }),
      qos: 0,
      retain: false,
      keeping: 'drop',
    };
  }

  quality(report: QualityReport): OutgoingMessage {
    return {
      topic: this.#topics.telemetryQuality,
      payload: JSON.stringify({ ...report, ts: new Date().toISOString() }),
      qos: 1,
      retain: false,
      keeping: 'queue',
    };
  }

  /**
   * The status of a job: retained while it is open, then told once and the retained one emptied; that of an interrupted
   * job stays until it is outdated.
   */
  job(record: JobRecord): OutgoingMessage[] {
    const { params, createdAt, updatedAt, resumable, ...status } = record;
    const open = isOpen(record);
    const retain = open || isInterrupted(record);
    const message: OutgoingMessage = {
      topic: this.#topics.jobStatus(record.jobId),
      payload: JSON.stringify({ ...status, ts: updatedAt }),
      qos: 1,
      retain,
      // Open jobs are part of every greeting.
      keeping: open ? 'drop' : 'always',
    };
    if (retain || record.status === 'REJECTED') return [message];
    return [message, this.outdatedJob(record)];
  }

  /** Empties the retained status of a job. */
  outdatedJob({ jobId }: JobRecord): OutgoingMessage {
    return {
      topic: this.#topics.jobStatus(jobId),
      payload: '',
      qos: 1,
      retain: true,
      keeping: 'always',
    };
  }
}

/** Retained, and said anew on each connect: so nothing of it has to wait for one. */
function current(topic: string, value: object): OutgoingMessage {
  return { topic, payload: JSON.stringify(value), qos: 1, retain: true, keeping: 'drop' };
}
