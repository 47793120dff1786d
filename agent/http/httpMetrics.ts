import type { NextFunction, Request, Response } from 'express';
import { Counter, Gauge, Histogram } from 'prom-client';
import type { AgentError } from '../../runtime/errors.js';
import type { ServedDetections } from '../../runtime/serving/serve.js';
import type { HttpDeps } from './deps.js';

const secondsBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const stages = ['queue', 'decode', 'preprocess', 'infer', 'postprocess'] as const;
const clientGone = 499;

/** The metrics of the HTTP layer, in base units, with bounded label sets. */
export class HttpMetrics {
  readonly #requests: Counter<'route' | 'code'>;
  readonly #duration: Histogram<'route'>;
  readonly #rejected: Counter<'reason'>;
  readonly #stages: ReadonlyMap<(typeof stages)[number], Histogram<'model' | 'precision'>>;

  constructor({ registry, queue, slot }: HttpDeps) {
    const registers = [registry];
    this.#requests = new Counter({
      name: 'detptq_requests_total',
      help: 'HTTP requests by route and status; 499 is a client that hung up.',
      labelNames: ['route', 'code'],
      registers,
    });
    this.#duration = new Histogram({
      name: 'detptq_request_duration_seconds',
      help: 'Time from the arrival of a request to the end of its answer.',
      labelNames: ['route'],
      buckets: secondsBuckets,
      registers,
    });
    this.#rejected = new Counter({
      name: 'detptq_requests_rejected_total',
      help: 'Requests answered with an error, by its code.',
      labelNames: ['reason'],
      registers,
    });
    const stageHistogram = (stage: (typeof stages)[number]) =>
      new Histogram({
        name: `detptq_${stage}_duration_seconds`,
        help: `Time that a detection spent in the stage ${stage}.`,
        labelNames: ['model', 'precision'] as const,
        buckets: secondsBuckets,
        registers,
      });
    this.#stages = new Map(stages.map((stage) => [stage, stageHistogram(stage)]));
    new Gauge({
      name: 'detptq_queue_depth',
      help: 'Requests that wait for their turn.',
      registers,
      collect() {
        this.set(queue.waiting);
      },
    });
    new Gauge({
      name: 'detptq_model_info',
      help: 'The model in service, always 1.',
      labelNames: ['name', 'version', 'digest', 'precision', 'engine'],
      registers,
      collect() {
        this.reset();
        const model = slot.current;
        if (model !== null) this.set({ ...model }, 1);
      },
    });
  }

  /** Middleware that counts and times every request once its answer has ended, or its client has gone. */
  readonly observeRequests = (request: Request, response: Response, next: NextFunction): void => {
    const stop = this.#duration.startTimer();
    response.once('close', () => {
      // Only paths of the table become labels: what clients make up must not.
      const route: string = request.route?.path ?? 'none';
      const code = response.writableFinished ? response.statusCode : clientGone;
      this.#requests.inc({ route, code });
      stop({ route });
    });
    next();
  };

  noteDetection({ model, timingsMs }: ServedDetections): void {
    const labels = { model: model.name, precision: model.precision };
    for (const [stage, histogram] of this.#stages) histogram.observe(labels, timingsMs[stage] / 1000);
  }

  noteRejection(error: AgentError): void {
    this.#rejected.inc({ reason: error.code });
  }
}
