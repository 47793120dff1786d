import { percentile } from '../../calibrate/evaluate/percentile.js';
import type {
  Engine,
  LoadOptions,
  LoweringOptions,
  Session,
  TensorMap,
} from '../../runtime/engines/engine.js';
import { toAgentError } from '../../runtime/errors.js';
import type { Graph } from '../../runtime/graph/graph.js';
import { servedFeeds } from './servedFeeds.js';
import type { TrialDetector } from './trialDetector.js';

/** How fast an engine runs one detector. */
export interface EngineTrial {
  readonly engine: string;
  readonly version: string;
  /** Median time of one inference in float. */
  readonly floatMs: number;
  /** The same quantized to 8 bits; `null` where the detector cannot be quantized, or the engine refuses it then. */
  readonly quantizedMs: number | null;
  /** Time per picture of a search's pass over 32 pictures with the quantized detector, its loading included; or `null`, also for an engine that serves only. */
  readonly searchMs: number | null;
}

/** What a trial finds out. */
export interface TrialFindings extends Omit<EngineTrial, 'engine' | 'version'> {
  /** In which form the quantized detector would serve, or why the engine refuses it. */
  readonly quantizedNote?: string;
}

export interface TrialOptions {
  /** Threads of one inference in service. */
  readonly servingThreads: number;
  /** As serving allows it. */
  readonly lowering: LoweringOptions;
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
 * Measures an engine that works here: one inference at a time in the form that serves, and two at a time in the form that a
 * search runs.
 *
 * @throws AgentError what the engine throws for the detector in float or for a search, `aborted`
 */
export async function tryEngine(
  engine: Engine,
  { float, quantized, feeds }: TrialDetector,
  { servingThreads, searchThreads, lowering, signal }: TrialOptions,
): Promise<TrialFindings> {
  const latency = (graph: Graph) =>
    timed(engine, graph, { feeds, load: { threads: servingThreads, lowering }, inFlight: 1, signal });
  const { ms: floatMs } = await latency(float);
  const onlyFloat = { floatMs, quantizedMs: null, searchMs: null };
  if (quantized === null) return onlyFloat;
  let served: Timing;
  try {
    served = await latency(quantized);
  } catch (error) {
    signal.throwIfAborted();
    return { ...onlyFloat, quantizedNote: toAgentError(error).message };
  }
  const { ms: quantizedMs, loweringNote } = served;
  const findings = { floatMs, quantizedMs, ...(loweringNote && { quantizedNote: loweringNote }) };
  if (engine.servesOnly) return { ...findings, searchMs: null };
  const pass = await timed(engine, quantized, {
    ...{ feeds, load: { threads: searchThreads }, inFlight: runsInFlight, signal },
  });
  return { ...findings, searchMs: pass.loadMs / picturesPerLoad + pass.ms };
}

interface TimedOptions {
  readonly feeds: TensorMap;
  readonly load: LoadOptions;
  /** Runs that are under way at once. */
  readonly inFlight: number;
  readonly signal: AbortSignal;
}

interface Timing extends Pick<Session, 'loweringNote'> {
  readonly loadMs: number;
  /** Median per run. */
  readonly ms: number;
}

async function timed(
  engine: Engine,
  graph: Graph,
  { feeds, load, inFlight, signal }: TimedOptions,
): Promise<Timing> {
  signal.throwIfAborted();
  const begun = performance.now();
  const session = await engine.load(graph, load);
  const loadMs = performance.now() - begun;
  try {
    const { loweringNote } = session;
    const served = servedFeeds(session, feeds);
    for (let run = 0; run < warmUpRuns; run++) await session.run(served);
    const times: number[] = [];
    const start = performance.now();
    while (times.length < leastRuns || performance.now() - start < measuredMs) {
      signal.throwIfAborted();
      times.push((await roundMs(session, served, inFlight)) / inFlight);
    }
    return { loadMs, ms: percentile(times, 0.5), ...(loweringNote && { loweringNote }) };
  } finally {
    await session.dispose();
  }
}

async function roundMs(session: Session, feeds: TensorMap, runs: number): Promise<number> {
  const begun = performance.now();
  await Promise.all(Array.from({ length: runs }, () => session.run(feeds)));
  return performance.now() - begun;
}
