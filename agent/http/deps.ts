import type { Registry } from 'prom-client';
import type { AgentError } from '../../runtime/errors.js';
import type { WorkQueue } from '../../runtime/serving/queue.js';
import type { ServedDetections } from '../../runtime/serving/serve.js';
import type { ModelIdentity } from '../../runtime/serving/servedModel.js';
import type { ModelSlot } from '../../runtime/serving/slot.js';

export interface HttpLimits {
  readonly maxBodyBytes: number;
  /** Images with more pixels are refused before they are decoded. */
  readonly maxPixels: number;
  /** Longest wait in the queue, for requests that name none. */
  readonly deadlineMs: number;
}

/** One model version on disk, as `GET /v1/models` lists it. */
export interface ListedModel extends Omit<ModelIdentity, 'engine'> {
  readonly active: boolean;
}

/** Told what happens, so that the agent can log and report it. */
export interface HttpObserver {
  /** `totalMs` runs from the request's arrival to the answer. */
  onDetected?(served: ServedDetections, totalMs: number): void;
  /** An error with code `internal`: a defect, of which the client hears no more than the code. */
  onDefect?(error: AgentError, route: string): void;
}

/** What the HTTP layer needs from the agent. */
export interface HttpDeps {
  readonly slot: ModelSlot;
  readonly queue: WorkQueue;
  readonly limits: HttpLimits;
  /** Where the metrics of the HTTP layer are registered and `GET /metrics` reads. */
  readonly registry: Registry;
  /** Why the agent is not ready to serve, or null when it is. */
  readonly readiness: () => AgentError | null;
  readonly models: () => Promise<readonly ListedModel[]>;
  /** What `GET /v1/stats` answers. */
  readonly stats: () => Readonly<Record<string, unknown>>;
  readonly observer?: HttpObserver;
}
