import { Counter, Histogram, type Registry } from 'prom-client';
import type { SwapReport } from '../../runtime/serving/slot.js';

/** The metrics of model swaps, for whoever swaps. */
export class SwapMetrics {
  readonly #swaps: Counter<'outcome'>;
  readonly #gap: Histogram;
  readonly #load: Histogram;

  constructor(registry: Registry) {
    const registers = [registry];
    this.#swaps = new Counter({
      name: 'detptq_model_swaps_total',
      help: 'Model swaps by outcome.',
      labelNames: ['outcome'],
      registers,
    });
    this.#gap = new Histogram({
      name: 'detptq_model_swap_gap_seconds',
      help: 'Time in which no request could have leased a model during a swap.',
      buckets: [0.000_001, 0.000_01, 0.000_1, 0.001, 0.01, 0.1, 1],
      registers,
    });
    this.#load = new Histogram({
      name: 'detptq_model_load_duration_seconds',
      help: 'Time that a model took to load, without its warm-up.',
      buckets: [0.01, 0.05, 0.1, 0.5, 1, 5, 10, 60],
      registers,
    });
  }

  noteSwap({ loadMs, gapMs }: SwapReport): void {
    this.#swaps.inc({ outcome: 'succeeded' });
    this.#gap.observe(gapMs / 1000);
    this.#load.observe(loadMs / 1000);
  }

  noteFailure(): void {
    this.#swaps.inc({ outcome: 'failed' });
  }
}
