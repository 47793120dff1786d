import { AgentError, toAgentError } from '../../errors.js';
import type { TensorflowJs, TfTensor } from './operator.js';
import type { TfjsProgram } from './program.js';
import { type Schedule, schedule } from './schedule.js';
import type { TracedGraph, Tracer } from './tracer.js';

/** Tracing takes as long as some five runs save, so that graphs which are run a few times only are not worth it. */
const tracedRun = 9;

interface ExecutionOptions {
  readonly tf: TensorflowJs;
  readonly program: TfjsProgram;
  readonly tracer: Tracer | undefined;
}

/**
 * Makes some tensors of a program. Runs operator by operator at first; where there is a tracer, from then on as one graph of
 * the backend's, unless it cannot make one.
 */
export class Execution {
  readonly #tf: TensorflowJs;
  readonly #program: TfjsProgram;
  readonly #tracer: Tracer | undefined;
  readonly #wanted: readonly number[];
  readonly #schedule: Schedule;
  #runsToTracing = tracedRun;
  #graph: TracedGraph | undefined;
  /** Why there is no graph and never will be. */
  #refusal: string | undefined;

  /** @param wanted places, none twice */
  constructor({ tf, program, tracer }: ExecutionOptions, wanted: readonly number[]) {
    this.#tf = tf;
    this.#program = program;
    // No graph makes nothing.
    this.#tracer = wanted.length > 0 ? tracer : undefined;
    this.#wanted = wanted;
    this.#schedule = schedule(program, wanted);
  }

  /** Places of inputs that have to be fed. */
  get feeds(): ReadonlySet<number> {
    return this.#schedule.feeds;
  }

  /** How it runs now, as a sentence; undefined where there is only one way. */
  get note(): string | undefined {
    if (this.#tracer === undefined) return undefined;
    if (this.#graph !== undefined) return 'runs as one graph of the library';
    return `runs operator by operator${this.#refusal === undefined ? '' : `: ${this.#refusal}`}`;
  }

  /** Has the next run traced. */
  traceNext(): void {
    this.#runsToTracing = 1;
  }

  /**
   * Returns the wanted tensors, the caller's to dispose of. All of them are computed before the call returns.
   *
   * @param feeds by place, for all of `feeds`; disposed of here
   * @throws AgentError `engine_run_failed`
   */
  run(feeds: ReadonlyMap<number, TfTensor>): TfTensor[] | Promise<TfTensor[]> {
    if (this.#graph !== undefined) return this.#runGraph(this.#graph, feeds);
    if (this.#tracer === undefined || this.#refusal !== undefined) return this.#runSteps(feeds);
    this.#runsToTracing -= 1;
    return this.#runsToTracing > 0 ? this.#runSteps(feeds) : this.#trace(this.#tracer, feeds);
  }

  dispose(): void {
    this.#graph?.dispose();
    this.#graph = undefined;
  }

  async #trace(tracer: Tracer, feeds: ReadonlyMap<number, TfTensor>): Promise<TfTensor[]> {
    const { outputs, toGraph } = tracer([...feeds.values()], () => this.#runSteps(feeds));
    try {
      this.#graph = await toGraph();
    } catch (error) {
      this.#refuse(error);
    }
    return outputs;
  }

  /** What the graph cannot run is run operator by operator, which fails in words that name the operator. */
  #runGraph(graph: TracedGraph, feeds: ReadonlyMap<number, TfTensor>): TfTensor[] {
    let outputs: TfTensor[];
    try {
      outputs = graph.run([...feeds.values()]);
    } catch (error) {
      this.#refuse(error);
      return this.#runSteps(feeds);
    }
    for (const tensor of feeds.values()) tensor.dispose();
    return outputs;
  }

  #refuse(error: unknown): void {
    this.dispose();
    this.#refusal = toAgentError(error).message;
  }

  #runSteps(feeds: ReadonlyMap<number, TfTensor>): TfTensor[] {
    const made = new Map(feeds);
    try {
      for (const { step, frees } of this.#schedule.steps) {
        const inputs = step.reads.map((place) => made.get(place!) ?? this.#program.constants.get(place!)!);
        const outputs = this.#call(step.label, () => step.action(inputs));
        for (const [index, place] of step.writes.entries()) made.set(place, outputs[index]!);
        for (const place of frees) {
          made.get(place)!.dispose();
          made.delete(place);
        }
      }
      return this.#wanted.map((place) => made.get(place)!);
    } catch (error) {
      for (const tensor of made.values()) tensor.dispose();
      throw error;
    }
  }

  #call(label: string, run: () => TfTensor | readonly TfTensor[]): TfTensor[] {
    try {
      // `tidy` looks for the tensors that outlive it in arrays, which must be its own to be typed so.
      return this.#tf.tidy(() => [run()].flat());
    } catch (cause) {
      const message = `TensorFlow.js could not run ${label}: ${toAgentError(cause).message}`;
      throw new AgentError('engine_run_failed', message, { cause, detail: { where: label } });
    }
  }
}
