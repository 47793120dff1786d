import type { TfTensor } from './operator.js';

/** What a run made, as one graph of the backend's own, which runs without a call for each operator. */
export interface TracedGraph {
  /** Runs on tensors like those that were traced, in their order, which stay the caller's. So do the results. */
  run(feeds: readonly TfTensor[]): TfTensor[];
  dispose(): void;
}

export interface Tracing {
  /** What the traced run returned. */
  readonly outputs: TfTensor[];
  /** @throws AgentError `op_unsupported` for calls that the backend has no node for, `engine_load_failed` */
  toGraph(): Promise<TracedGraph>;
}

/**
 * Runs `run` and writes down its calls, as far as they depend on `feeds`: the others make constants. `run` must call the same
 * operators whatever values it is fed.
 */
export type Tracer = (feeds: readonly TfTensor[], run: () => TfTensor[]) => Tracing;
