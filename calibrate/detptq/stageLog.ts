import type { QuantizeReport, StageReport } from '../report.js';
import type { PassCounter } from '../workbench/workbench.js';

/** What a stage came to, as the log is told. */
export interface StageOutcome extends Pick<StageReport, 'odol' | 'agreement'> {
  /** Default `null`: not measured. */
  readonly odolSearch?: number | null;
  /** `stageVerdict`'s; by default the stage is a step that is always taken. */
  readonly verdict?: Pick<StageReport, 'kept' | 'reason'>;
}

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

  add(name: string, { odol, agreement, odolSearch = null, verdict = always }: StageOutcome): void {
    const { passes } = this.#counter;
    const nowMs = performance.now();
    const seconds = (nowMs - this.#startedMs) / 1000;
    const cost = { passes: passes - this.#passes, seconds };
    this.stages.push({ name, odolSearch, odol, agreement, ...cost, ...verdict });
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

const always = { kept: true, reason: 'part of every run' };
