import type { Engine, LoadOptions, Session, TensorMap } from '../../runtime/engines/engine.js';
import type { Graph } from '../../runtime/graph/graph.js';
import { mapConcurrent } from '../mapConcurrent.js';
import { throwIfAborted } from '../throwIfAborted.js';
import type { TensorStore } from './tensorStore.js';

/** Counts the multiply-accumulates that a search executes, in units of one forward over its images. */
export class PassCounter {
  #macs = 0;
  readonly #macsPerPass: number;

  /** @param macsPerPass of one forward of the whole network, times the number of images */
  constructor(macsPerPass: number) {
    this.#macsPerPass = macsPerPass;
  }

  add(macs: number): void {
    this.#macs += macs;
  }

  get passes(): number {
    return this.#macsPerPass > 0 ? this.#macs / this.#macsPerPass : 0;
  }
}

/**
 * What a graph is run on, or what makes it when its turn comes: the inputs of all images together may be too large to
 * be held.
 */
export type Feed = TensorMap | (() => Promise<TensorMap>);

/** What every run of a search needs, whatever graph it runs. */
export interface Workbench {
  readonly engine: Engine;
  /** Threads of one run. */
  readonly threads: number;
  /** With two, one run's outputs are read while the next one is under way, where the engine allows it. */
  readonly runsInFlight: number;
  readonly counter: PassCounter;
  /** MACs of a graph's nodes together. */
  readonly macsOf: (graph: Graph) => number;
  /** Keeps what prefixes hand on. */
  readonly store: TensorStore;
  readonly signal: AbortSignal | undefined;
}

/** Runs `use` with a session of `graph`, which is disposed of whatever happens. */
export async function withSession<Result>(
  { engine, threads, signal }: Workbench,
  graph: Graph,
  use: (session: Session) => Promise<Result>,
  options: Pick<LoadOptions, 'keepsFeeds'> = {},
): Promise<Result> {
  throwIfAborted(signal);
  const session = await engine.load(graph, { threads, keepsMemory: false, ...options });
  try {
    return await use(session);
  } finally {
    await session.dispose();
  }
}

/**
 * Runs a session on every feed and returns what `read` makes of each run's outputs and of what it was fed, in the order
 * of the feeds.
 */
export function runAll<Result>(
  { signal, counter, runsInFlight }: Workbench,
  { session, macs }: { session: Session; macs: number },
  feeds: readonly Feed[],
  read: (outputs: TensorMap, index: number, feed: TensorMap) => Result | Promise<Result>,
): Promise<Result[]> {
  counter.add(macs * feeds.length);
  const run = async (feed: Feed, index: number) => {
    const tensors = await tensorsOf(feed);
    return read(await session.run(tensors), index, tensors);
  };
  return mapConcurrent(feeds, run, { limit: runsInFlight, signal });
}

/** Returns a feed's tensors, made now if they are not held. */
export async function tensorsOf(feed: Feed): Promise<TensorMap> {
  return typeof feed === 'function' ? feed() : feed;
}

/** Runs a whole graph on every feed, as `runAll` does with a session. */
export function runGraph<Result>(
  workbench: Workbench,
  graph: Graph,
  feeds: readonly Feed[],
  read: (outputs: TensorMap, index: number, feed: TensorMap) => Result | Promise<Result>,
): Promise<Result[]> {
  return withSession(workbench, graph, (session) =>
    runAll(workbench, { session, macs: workbench.macsOf(graph) }, feeds, read),
  );
}
