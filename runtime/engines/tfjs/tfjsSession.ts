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
  readonly loweringNote?: string;
  readonly #backend: Backend;
  readonly #compiled: CompiledGraph;
  readonly #inFlight: InFlight;

  private constructor(
    graph: Graph,
    { backend, compiled, note }: { backend: Backend; compiled: CompiledGraph; note: string | undefined },
  ) {
    this.#backend = backend;
    this.#compiled = compiled;
    this.#inFlight = new InFlight(() => inBackend(backend, () => compiled.dispose()));
    if (note !== undefined) this.loweringNote = note;
    this.inputs = graph.inputs.map(({ name, dtype }) => ({ name, dtype }));
    this.outputs = graph.outputs.map(({ name, dtype }) => ({ name, dtype }));
  }

  /**
   * @param options.tracesNow whether runs are traced before the first, where the backend does that at all; by default it waits
   *   until a few have been run
   * @throws AgentError `op_unsupported`, `engine_load_failed`, `engine_run_failed`
   */
  static load(backend: Backend, graph: Graph, { tracesNow = false } = {}): Promise<TfjsSession> {
    return inBackend(backend, async () => {
      const compiled = compileGraph(backend.tf, graph, backend.tracer);
      try {
        const note = tracesNow ? await compiled.trace() : undefined;
        return new TfjsSession(graph, { backend, compiled, note });
      } catch (error) {
        compiled.dispose();
        throw error;
      }
    });
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
