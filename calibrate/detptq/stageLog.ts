import type { QuantizeReport, StageReport } from '../report.js';
import type { PassCounter } from '../workbench/workbench.js';

/** Collects what each stage achieved and cost, from the one before it on. */
export class StageLog {
  readonly stages: StageReport[] = [];
  readonly #counter: PassCounter;
  #passes = 0;
  readonly #openedMs = performance.now();
  #startedMs = this.#openedMs;

  constructor(counter: PassCounter) {
    this.#counter = counter;
  }

  add(name: string, { odol, agreement }: Pick<StageReport, 'odol' | 'agreement'>): void {
    const { passes } = this.#counter;
    const nowMs = performance.now();
    const seconds = (nowMs - this.#startedMs) / 1000;
    this.stages.push({ name, odol, agreement, passes: passes - this.#passes, seconds });
    this.#passes = passes;
    this.#startedMs = nowMs;
  }

  /** Returns the cost from the opening of the log to now. */
  total(): QuantizeReport['total'] {
    return {
      passes: this.#counter.passes,
      seconds: (performance.now() - this.#openedMs) / 1000,
      peakRssBytes: process.resourceUsage().maxRSS * 1024,
    };
  }
}
