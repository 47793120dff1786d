import { percentile } from '../../calibrate/evaluate/percentile.js';
import type { Engine, Session, TensorMap } from '../../runtime/engines/engine.js';
import type { Graph } from '../../runtime/graph/graph.js';
import type { TrialDetector } from './trialDetector.js';

/** How fast an engine runs one detector. */
export interface EngineTrial {
  readonly engine: string;
  readonly version: string;
  /** Median time of one inference in float. */
  readonly floatMs: number;
  /** The same quantized to 8 bits; `null` where the detector cannot be quantized. */
  readonly quantizedMs: number | null;
  /** Time per picture of a search's pass over 32 pictures with the quantized detector, its loading included; or `null`, also for an engine that serves only. */
  readonly searchMs: number | null;
}

export interface TrialOptions {
  /** Threads of one inference in service. */
  readonly servingThreads: number;
  /** Threads of one run of a search. */
  readonly searchThreads: number;
  readonly signal: AbortSignal;
}

const warmUpRuns = 2;
const leastRuns = 3;
const measuredMs = 500;
/** Pictures of a search by default: for each candidate it loads a graph and runs it on so many. */
const picturesPerLoad = 32;
/** As a search keeps them. */
const runsInFlight = 2;

/**
 * Measures an engine that works here, one inference at a time as in service, and two at a time as in a search.
 *
 * @throws AgentError what the engine throws, `aborted`
 */
export async function tryEngine(
  engine: Engine,
  { float, quantized, feeds }: TrialDetector,
  { servingThreads, searchThreads, signal }: TrialOptions,
): Promise<Omit<EngineTrial, 'engine' | 'version'>> {
  const latency = async (graph: Graph) => {
    const { ms } = await timed(engine, graph, { feeds, threads: servingThreads, inFlight: 1, signal });
    return ms;
  };
  const floatMs = await latency(float);
  if (quantized === null) return { floatMs, quantizedMs: null, searchMs: null };
  const quantizedMs = await latency(quantized);
  if (engine.servesOnly) return { floatMs, quantizedMs, searchMs: null };
  const pass = await timed(engine, quantized, {
    ...{ feeds, threads: searchThreads, inFlight: runsInFlight, signal },
  });
  return { floatMs, quantizedMs, searchMs: pass.loadMs / picturesPerLoad + pass.ms };
}

interface TimedOptions {
  readonly feeds: TensorMap;
  readonly threads: number;
  /** Runs that are under way at once. */
  readonly inFlight: number;
  readonly signal: AbortSignal;
}

/** Returns the time that loading takes, and the median time per run. */
async function timed(
  engine: Engine,
  graph: Graph,
  { feeds, threads, inFlight, signal }: TimedOptions,
): Promise<{ loadMs: number; ms: number }> {
  signal.throwIfAborted();
  const begun = performance.now();
  const session = await engine.load(graph, { threads });
  const loadMs = performance.now() - begun;
  try {
    for (let run = 0; run < warmUpRuns; run++) await session.run(feeds);
    const times: number[] = [];
    const start = performance.now();
    while (times.length < leastRuns || performance.now() - start < measuredMs) {
      signal.throwIfAborted();
      times.push((await roundMs(session, feeds, inFlight)) / inFlight);
    }
    return { loadMs, ms: percentile(times, 0.5) };
  } finally {
    await session.dispose();
  }
}

async function roundMs(session: Session, feeds: TensorMap, runs: number): Promise<number> {
  const begun = performance.now();
  await Promise.all(Array.from({ length: runs }, () => session.run(feeds)));
  return performance.now() - begun;
}
