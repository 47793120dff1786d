import { percentile } from '../../../calibrate/evaluate/percentile.js';
import type { Engine, Int8Support } from '../../../runtime/engines/engine.js';
import { toAgentError } from '../../../runtime/errors.js';
import {
  type EngineTrial,
  type TrialFindings,
  type TrialOptions,
  tryEngine,
} from '../../engines/engineTrial.js';
import { leftAlone } from '../../engines/leftAlone.js';
import type { TrialDetector } from '../../engines/trialDetector.js';
import { floatSpeedGraph, quantizedSpeedGraph, type SpeedGraph, speedGraphMacs } from './speedGraph.js';

export interface EngineReport {
  readonly name: string;
  readonly available: boolean;
  readonly version?: string;
  /** Why it is not available, or why its speed could not be measured. */
  readonly reason?: string;
  /** Why `auto` does not take it, although it works. */
  readonly leftAlone?: string;
  /** What is to be known of one that is available. */
  readonly note?: string;
  readonly int8: Int8Support;
  /** 10^9 operations per second in 3x3 convolutions, a multiply-accumulate counted as two. */
  readonly gflops?: readonly SpeedReport[];
  /** How fast it runs the device's own detector. */
  readonly trial?: TrialFindings;
}

interface SpeedReport {
  readonly threads: number;
  readonly float: number;
  readonly int8: number;
}

const warmUpRuns = 2;
const leastRuns = 5;
const measuredMs = 300;

export interface EngineReportOptions extends TrialOptions {
  /** Of the speed in general. */
  readonly threads: readonly number[];
  /** `null` where there is none to try it on. */
  readonly detector: TrialDetector | null;
  readonly totalMemoryBytes: number;
}

/** Probes an engine and, where it works, measures it with each number of threads. Never throws but on abort. */
export async function reportEngine(engine: Engine, options: EngineReportOptions): Promise<EngineReport> {
  const { name, int8 } = engine;
  const probe = await engine.probe();
  const alone = probe.available ? leftAlone(engine, probe, options.totalMemoryBytes) : undefined;
  const found = { name, ...probe, int8, ...(alone !== undefined && { leftAlone: alone }) };
  // The speed of an imitated GPU would take minutes to measure and tell nothing.
  if (!probe.available || probe.isImitated) return found;
  try {
    return { ...found, ...(await measure(engine, options)) };
  } catch (error) {
    options.signal.throwIfAborted();
    return { ...found, reason: toAgentError(error).message };
  }
}

async function measure(
  engine: Engine,
  options: EngineReportOptions,
): Promise<Pick<EngineReport, 'gflops' | 'trial'>> {
  const gflops: SpeedReport[] = [];
  for (const threads of options.threads) {
    options.signal.throwIfAborted();
    const float = await speedOf(engine, floatSpeedGraph(), threads);
    gflops.push({ threads, float, int8: await speedOf(engine, quantizedSpeedGraph(), threads) });
  }
  if (options.detector === null) return { gflops };
  return { gflops, trial: await tryEngine(engine, options.detector, options) };
}

/** Returns the trials among which `auto` chooses. */
export function eligibleTrials(reports: readonly EngineReport[]): EngineTrial[] {
  return reports.flatMap(({ name, version, trial, leftAlone }) => {
    if (trial === undefined || version === undefined || leftAlone !== undefined) return [];
    const { float, quantized, searchMs } = trial;
    return [{ engine: name, version, float, quantized, searchMs }];
  });
}

async function speedOf(engine: Engine, { graph, feeds }: SpeedGraph, threads: number): Promise<number> {
  const session = await engine.load(graph, { threads });
  try {
    for (let run = 0; run < warmUpRuns; run++) await session.run(feeds);
    const timesMs: number[] = [];
    const start = performance.now();
    while (timesMs.length < leastRuns || performance.now() - start < measuredMs) {
      const begun = performance.now();
      await session.run(feeds);
      timesMs.push(performance.now() - begun);
    }
    return (2 * speedGraphMacs) / (percentile(timesMs, 0.5) * 1e6);
  } finally {
    await session.dispose();
  }
}
