import { AgentError, toAgentError } from '../../errors.js';
import type { TensorMap } from '../engine.js';
import { readFeed } from '../feeds.js';
import type { Port } from '../layout/program.js';
import { fromTf, toTf } from './hostTensor.js';
import type { TensorflowJs, TfTensor } from './operator.js';
import type { TfjsProgram } from './program.js';
import { type Schedule, schedule } from './schedule.js';

/** A graph on a TensorFlow.js backend. Holds its constants there until it is disposed of; between runs, nothing else. */
export class CompiledGraph {
  readonly #tf: TensorflowJs;
  readonly #program: TfjsProgram;
  readonly #schedules = new Map<string, Schedule>();

  constructor(tf: TensorflowJs, program: TfjsProgram) {
    this.#tf = tf;
    this.#program = program;
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
    const tensors = this.#execute(feeds, [...ports.values()]);
    try {
      for (const [name, { place, type }] of ports) results[name] = await fromTf(tensors.get(place)!, type);
    } finally {
      for (const tensor of tensors.values()) tensor.dispose();
    }
    return Object.fromEntries(names.map((name) => [name, results[name]!]));
  }

  /** Frees the constants. */
  dispose(): void {
    for (const tensor of this.#program.constants.values()) tensor.dispose();
  }

  /** Returns the wanted tensors by place; they are the caller's to dispose of. */
  #execute(feeds: TensorMap, wanted: readonly Port[]): Map<number, TfTensor> {
    const { steps, feeds: fed } = this.#scheduleFor([...new Set(wanted.map(({ place }) => place))]);
    const made = new Map<number, TfTensor>();
    try {
      for (const [name, { place }] of this.#program.inputs) {
        if (fed.has(place)) made.set(place, toTf(this.#tf, feeds[name]!));
      }
      for (const { step, frees } of steps) {
        const inputs = step.reads.map((place) => made.get(place!) ?? this.#program.constants.get(place!)!);
        const outputs = this.#call(step.label, () => step.action(inputs));
        for (const [index, place] of step.writes.entries()) made.set(place, outputs[index]!);
        for (const place of frees) {
          made.get(place)!.dispose();
          made.delete(place);
        }
      }
      return made;
    } catch (error) {
      for (const tensor of made.values()) tensor.dispose();
      throw error;
    }
  }

  #scheduleFor(wanted: readonly number[]): Schedule {
    const key = wanted.join();
    const known = this.#schedules.get(key) ?? schedule(this.#program, wanted);
    this.#schedules.set(key, known);
    return known;
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

function unknownOutput(name: string, expected: readonly string[]): AgentError {
  const message = `expected outputs among ${expected.join(', ')}, got "${name}"`;
  return new AgentError('engine_run_failed', message, { detail: { expected, got: name } });
}
