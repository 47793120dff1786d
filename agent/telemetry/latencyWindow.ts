import { percentile } from '../../calibrate/evaluate/percentile.js';

/** One answered request. */
export interface LatencySample {
  readonly inferMs: number;
  /** From the arrival of the request to its answer. */
  readonly totalMs: number;
  readonly modelDigest: string;
}

/** What `telemetry/latency` says of one model in one window. The top figures are of total times. */
export interface LatencyReport {
  readonly windowS: number;
  readonly n: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
  readonly fps: number;
  readonly infer: { readonly p50Ms: number; readonly p95Ms: number; readonly p99Ms: number };
  readonly modelDigest: string;
}

interface Times {
  readonly infer: number[];
  readonly total: number[];
}

/** Gathers the requests of one window; a swap within it makes two reports, as times of two models do not mix. */
export class LatencyWindow {
  #byModel = new Map<string, Times>();
  #openedMs: number;

  /** @param nowMs of a monotonic clock */
  constructor(nowMs: number) {
    this.#openedMs = nowMs;
  }

  add({ inferMs, totalMs, modelDigest }: LatencySample): void {
    let times = this.#byModel.get(modelDigest);
    if (times === undefined) {
      times = { infer: [], total: [] };
      this.#byModel.set(modelDigest, times);
    }
    times.infer.push(inferMs);
    times.total.push(totalMs);
  }

  /** Returns a report for each model that answered, in order of first answers, and opens the next window. */
  close(nowMs: number): LatencyReport[] {
    const windowS = Math.max(0.001, (nowMs - this.#openedMs) / 1000);
    const reports = [...this.#byModel].map(([modelDigest, times]) => report(times, { windowS, modelDigest }));
    this.#byModel = new Map();
    this.#openedMs = nowMs;
    return reports;
  }
}

function report(
  { infer, total }: Times,
  { windowS, modelDigest }: { readonly windowS: number; readonly modelDigest: string },
): LatencyReport {
  const n = total.length;
  const maxMs = total.reduce((max, value) => Math.max(max, value), 0);
  return { windowS, n, ...quantiles(total), maxMs, fps: n / windowS, infer: quantiles(infer), modelDigest };
}

function quantiles(values: readonly number[]): { p50Ms: number; p95Ms: number; p99Ms: number } {
  return { p50Ms: percentile(values, 0.5), p95Ms: percentile(values, 0.95), p99Ms: percentile(values, 0.99) };
}
