import type { Graph } from '../../graph/graph.js';
import type { RunObserver, Session, TensorInfo, TensorMap } from '../engine.js';
import { InFlight } from '../inFlight.js';
import { type Backend, inBackend } from './backendTurn.js';
import type { CompiledGraph } from './compiledGraph.js';
import { compileGraph } from './compileGraph.js';

/** A graph on a TensorFlow.js backend of this thread. Runs block the thread, one at a time over all sessions. */
export class TfjsSession implements Session {
  readonly inputs: readonly TensorInfo[];
  readonly outputs: readonly TensorInfo[];
  readonly #backend: Backend;
  readonly #compiled: CompiledGraph;
  readonly #inFlight: InFlight;

  private constructor(backend: Backend, compiled: CompiledGraph, graph: Graph) {
    this.#backend = backend;
    this.#compiled = compiled;
    this.#inFlight = new InFlight(() => inBackend(backend, () => compiled.dispose()));
    this.inputs = graph.inputs.map(({ name, dtype }) => ({ name, dtype }));
    this.outputs = graph.outputs.map(({ name, dtype }) => ({ name, dtype }));
  }

  /** @throws AgentError `op_unsupported`, `engine_load_failed` */
  static async load(backend: Backend, graph: Graph): Promise<TfjsSession> {
    const compiled = await inBackend(backend, () => compileGraph(backend.tf, graph));
    return new TfjsSession(backend, compiled, graph);
  }

  run(feeds: TensorMap, outputs?: readonly string[], observer?: RunObserver): Promise<TensorMap> {
    return this.#inFlight.run(() =>
      inBackend(this.#backend, async () => {
        const started = performance.now();
        const results = await this.#compiled.run(feeds, outputs);
        observer?.onRan(performance.now() - started);
        return results;
      }),
    );
  }

  dispose(): Promise<void> {
    return this.#inFlight.close();
  }
}
