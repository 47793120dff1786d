import { AgentError } from '../../errors.js';
import { storage } from '../../graph/codec/dataTypes.js';
import { elementCount, type Tensor } from '../../graph/tensor.js';
import type { TensorMap } from '../engine.js';
import { readFeed } from '../feeds.js';
import type { Port } from '../layout/program.js';
import { Execution } from './execution.js';
import { fromTf, toTf } from './hostTensor.js';
import type { TensorflowJs, TfTensor } from './operator.js';
import type { TfjsProgram } from './program.js';
import type { Tracer } from './tracer.js';

/** A graph on a TensorFlow.js backend. Holds its constants there until it is disposed of; between runs, nothing else
 * but what it is to keep. */
export class CompiledGraph {
  readonly #tf: TensorflowJs;
  readonly #program: TfjsProgram;
  readonly #tracer: Tracer | undefined;
  readonly #kept = new Map<Tensor, TfTensor>();
  /** By the places that they make. */
  readonly #executions = new Map<string, Execution>();

  /** @param tracer turns runs that come again into graphs of the backend's own; by default there are none */
  constructor(tf: TensorflowJs, program: TfjsProgram, tracer?: Tracer) {
    this.#tf = tf;
    this.#program = program;
    this.#tracer = tracer;
  }

  /**
   * Runs the graph once and returns the named outputs, all of them by default. Everything is computed before the call
   * returns; what the promise waits for is reading the results back.
   *
   * @throws AgentError `engine_run_failed`
   */
  async run(feeds: TensorMap, outputs?: readonly string[]): Promise<TensorMap> {
    const names = outputs ?? [...this.#program.outputs.keys()];
    const ports = new Map<string, Port>();
    const results: Record<string, TensorMap[string]> = {};
    for (const [name, { type }] of this.#program.inputs) readFeed(feeds, name, type);
    for (const name of names) {
      const output = this.#program.outputs.get(name);
      if (output === undefined) throw unknownOutput(name, [...this.#program.outputs.keys()]);
      if ('place' in output) ports.set(name, output);
      else {
        const tensor = 'feed' in output ? feeds[output.feed]! : output.constant;
        results[name] = { ...tensor, data: tensor.data.slice() };
      }
    }
    const places = distinctPlaces(ports.values());
    const execution = this.#executionOf(places);
    const tensors = await execution.run(this.#upload(feeds, execution.feeds));
    try {
      for (const [name, { place, type }] of ports)
        results[name] = await fromTf(tensors[places.indexOf(place)]!, type);
    } finally {
      for (const tensor of tensors) tensor.dispose();
    }
    return Object.fromEntries(names.map((name) => [name, results[name]!]));
  }

  /** Holds a tensor on the backend until the graph is disposed of, for runs that are fed this very object. */
  keep(tensor: Tensor): void {
    this.#kept.set(tensor, toTf(this.#tf, tensor));
  }

  /**
   * Has the runs for all outputs traced now, on zeros, where there is a tracer.
   *
   * @returns how they run from now on, as a sentence; undefined without a tracer
   * @throws AgentError `engine_run_failed`
   */
  async trace(): Promise<string | undefined> {
    const { inputs, outputs } = this.#program;
    const execution = this.#executionOf(
      distinctPlaces([...outputs.values()].filter((output) => 'place' in output)),
    );
    if (execution.note === undefined) return undefined;
    const zeros = Object.fromEntries([...inputs].map(([name, { type }]) => [name, zerosOf(type)]));
    execution.traceNext();
    // The second run is the graph's first, which it may still refuse.
    for (let run = 0; run < 2; run++) await this.run(zeros);
    return execution.note;
  }

  /** Frees the constants, what it was to keep, and the graphs made of runs. */
  dispose(): void {
    for (const execution of this.#executions.values()) execution.dispose();
    for (const tensor of [...this.#program.constants.values(), ...this.#kept.values()]) tensor.dispose();
  }

  #executionOf(places: readonly number[]): Execution {
    const key = places.join();
    const parts = { tf: this.#tf, program: this.#program, tracer: this.#tracer };
    const execution = this.#executions.get(key) ?? new Execution(parts, places);
    this.#executions.set(key, execution);
    return execution;
  }

  #upload(feeds: TensorMap, places: ReadonlySet<number>): Map<number, TfTensor> {
    const uploaded = new Map<number, TfTensor>();
    try {
      for (const [name, { place }] of this.#program.inputs) {
        if (!places.has(place)) continue;
        const kept = this.#kept.get(feeds[name]!);
        // A copy is another name for the same data.
        uploaded.set(place, kept === undefined ? toTf(this.#tf, feeds[name]!) : this.#tf.clone(kept));
      }
      return uploaded;
    } catch (error) {
      for (const tensor of uploaded.values()) tensor.dispose();
      throw error;
    }
  }
}

function distinctPlaces(ports: Iterable<Port>): number[] {
  return [...new Set([...ports].map(({ place }) => place))];
}

function zerosOf({ dtype, dims }: Port['type']): Tensor {
  return { dtype, dims, data: new storage[dtype].array(elementCount(dims)) } as Tensor;
}

function unknownOutput(name: string, expected: readonly string[]): AgentError {
  const message = `expected outputs among ${expected.join(', ')}, got "${name}"`;
  return new AgentError('engine_run_failed', message, { detail: { expected, got: name } });
}
