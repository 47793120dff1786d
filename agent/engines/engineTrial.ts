import { percentile } from '../../calibrate/evaluate/percentile.js';
import { type Detector, loadDetector } from '../../runtime/detector/detector.js';
import type { Engine, LoweringOptions, Session, TensorMap } from '../../runtime/engines/engine.js';
import { toAgentError } from '../../runtime/errors.js';
import type { Graph } from '../../runtime/graph/graph.js';
import type { ThreadTime } from './threadTimes.js';
import type { TrialDetector } from './trialDetector.js';

/** How fast an engine runs one detector. */
export interface EngineTrial {
  readonly engine: string;
  readonly version: string;
  /** Time of a detection in float under the agent's load, by threads of an inference, ascending. */
  readonly float: readonly ThreadTime[];
  /** The same quantized to 8 bits; empty where the detector cannot be quantized, or the engine refuses it then. */
  readonly quantized: readonly ThreadTime[];
  /** Time per picture of a search's pass over 32 pictures with the quantized detector, its loading included; or `null`, also for an engine that serves only. */
  readonly searchMs: number | null;
}

/** What a trial finds out. */
export interface TrialFindings extends Omit<EngineTrial, 'engine' | 'version'> {
  /** In which form the quantized detector would serve, or why the engine refuses it. */
  readonly quantizedNote?: string;
}

export interface TrialOptions {
  /** Threads of one inference in service to measure, ascending. */
  readonly servingThreads: readonly number[];
  /** Detections that service lets overlap. */
  readonly concurrency: number;
  /** As serving allows it. */
  readonly lowering: LoweringOptions;
  /** Threads of one run of a search. */
  readonly searchThreads: number;
  readonly signal: AbortSignal;
}

const warmUpRuns = 2;
const leastRuns = 4;
/** Of each number of threads. */
const measuredMs = 500;
/** Pictures of a search by default: for each candidate it loads a graph and runs it on so many. */
const picturesPerLoad = 32;
/** As a search keeps them. */
const searchRunsInFlight = 2;
/** Detections of each client in a row, so that most of them meet those of others. */
const detectionsInRow = 3;

/**
 * Measures an engine that works here: detections under the load that the agent lets come together, in the form that serves,
 * and inferences two at a time in the form that a search runs.
 *
 * @throws AgentError what the engine throws for the detector in float or for a search, `aborted`
 */
export async function tryEngine(
  engine: Engine,
  detector: TrialDetector,
  options: TrialOptions,
): Promise<TrialFindings> {
  const { signal } = options;
  const { times: float } = await servingTimes(engine, { detector, graph: detector.float }, options);
  const onlyFloat = { float, quantized: [], searchMs: null };
  if (detector.quantized === null) return onlyFloat;
  const files = { detector, graph: detector.quantized };
  let served: ServingTimes;
  try {
    served = await servingTimes(engine, files, options);
  } catch (error) {
    signal.throwIfAborted();
    return { ...onlyFloat, quantizedNote: toAgentError(error).message };
  }
  const { times: quantized, loweringNote } = served;
  const findings = { float, quantized, ...(loweringNote && { quantizedNote: loweringNote }) };
  if (engine.servesOnly) return { ...findings, searchMs: null };
  return { ...findings, searchMs: await searchTime(engine, files, options) };
}

interface Tried {
  readonly detector: TrialDetector;
  /** In float or quantized. */
  readonly graph: Graph;
}

interface ServingTimes extends Pick<Session, 'loweringNote'> {
  readonly times: readonly ThreadTime[];
}

/** Detectors with other numbers of threads take turns, so that whatever else the device does meets all of them alike. */
async function servingTimes(
  engine: Engine,
  { detector: { manifest, picture }, graph }: Tried,
  { servingThreads, concurrency, lowering, signal }: TrialOptions,
): Promise<ServingTimes> {
  const candidates = engine.takesThreads ? servingThreads : servingThreads.slice(0, 1);
  const contestants: { detector: Detector; threads: number; ms: number[] }[] = [];
  try {
    for (const threads of candidates) {
      signal.throwIfAborted();
      const load = { threads, thread: 'own', lowering } as const;
      const detector = await loadDetector({ manifest, graph }, engine, load);
      contestants.push({ detector, threads, ms: [] });
      for (let run = 0; run < warmUpRuns; run++) await detector.detect(picture);
    }
    const budgetMs = measuredMs * contestants.length;
    const start = performance.now();
    for (let round = 0; round < leastRuns || performance.now() - start < budgetMs; round++) {
      for (const { detector, ms } of contestants) {
        signal.throwIfAborted();
        const work = () => inTurn(detectionsInRow, () => detector.detect(picture));
        ms.push((await timeOfAll(concurrency, work)) / (concurrency * detectionsInRow));
      }
    }
    const { loweringNote } = contestants[0]!.detector;
    // The shortest: whatever else the device does only ever adds.
    const times = contestants.map(({ threads, ms }) => ({ threads, ms: Math.min(...ms) }));
    return { times, ...(loweringNote && { loweringNote }) };
  } finally {
    await Promise.all(contestants.map(({ detector }) => detector.dispose()));
  }
}

/** Returns the time per picture of a pass, loading included, in ms. */
async function searchTime(
  engine: Engine,
  { detector: { feeds }, graph }: Tried,
  { searchThreads, signal }: TrialOptions,
): Promise<number> {
  signal.throwIfAborted();
  const begun = performance.now();
  const session = await engine.load(graph, { threads: searchThreads });
  const loadMs = performance.now() - begun;
  try {
    const times = await passTimes(session, feeds, signal);
    return loadMs / picturesPerLoad + percentile(times, 0.5);
  } finally {
    await session.dispose();
  }
}

async function passTimes(session: Session, feeds: TensorMap, signal: AbortSignal): Promise<number[]> {
  for (let run = 0; run < warmUpRuns; run++) await session.run(feeds);
  const times: number[] = [];
  const start = performance.now();
  while (times.length < leastRuns || performance.now() - start < measuredMs) {
    signal.throwIfAborted();
    times.push((await timeOfAll(searchRunsInFlight, () => session.run(feeds))) / searchRunsInFlight);
  }
  return times;
}

/** Returns the time in ms in which `count` pieces of work are done side by side. */
async function timeOfAll(count: number, work: () => Promise<unknown>): Promise<number> {
  const begun = performance.now();
  await Promise.all(Array.from({ length: count }, work));
  return performance.now() - begun;
}

async function inTurn(count: number, work: () => Promise<unknown>): Promise<void> {
  for (let turn = 0; turn < count; turn++) await work();
}
