import { activations, identity, type RawActivation } from '../../activation.js';
import { anyReaches } from './anyReaches.js';
import type { ScoreWriter } from './head.js';
import { leastRaw } from './leastRaw.js';
import type { ValuePlaces } from './valuePlaces.js';

/** Values of all locations that lie in the same way. */
export interface PlacedValues {
  readonly places: ValuePlaces;
  /** `[numTensors]` */
  readonly data: readonly Float32Array[];
  /** What makes the output's value of one that lies there. */
  readonly activation: RawActivation;
}

/** The values of one kind in one run's outputs, float32, as the graph has them. */
export class LocatedValues {
  readonly #runs: readonly LocatedRun[];

  /** @param runs of each location first the values of the first run, then those of the next */
  constructor(runs: readonly PlacedValues[]) {
    let first = 0;
    this.#runs = runs.map((run) => {
      const located = new LocatedRun(run, first);
      first += run.places.count;
      return located;
    });
  }

  /** Returns value `index` of a location. */
  at(location: number, index: number): number {
    let run = this.#runs[0]!;
    for (let next = 1; index >= run.end; next++) run = this.#runs[next]!;
    return run.at(location, index);
  }

  /** Writes all values of a location to `target` from `offset` on. */
  read(location: number, target: Float32Array, offset = 0): void {
    for (const run of this.#runs) run.read(location, target, offset);
  }

  /**
   * Returns what writes the scores of a location's values, 0 for those that are below `threshold` as float32: it compares what lies
   * there, and computes the others.
   *
   * @param scoreOf rises with its argument. Default: a value is its score.
   */
  scoresFrom(threshold: number, scoreOf: (value: number) => number = identity): ScoreWriter {
    const writers = this.#runs.map((run) => run.scoresFrom(threshold, scoreOf));
    if (writers.length === 1) return writers[0]!;
    return (location, target, offset) => {
      for (const write of writers) write(location, target, offset);
    };
  }

  /**
   * Returns a test of whether any of a location's values, as a score and float32, is `threshold` or more, or NaN. It compares what
   * lies there.
   *
   * @param scoreOf rises with its argument. Default: a value is its score.
   */
  reach(threshold: number, scoreOf: (value: number) => number = identity): (location: number) => boolean {
    const tests = this.#runs.map((run) => run.reach(threshold, scoreOf));
    return tests.length === 1 ? tests[0]! : (location) => tests.some((reaches) => reaches(location));
  }
}

class LocatedRun {
  /** Index of the value behind its last. */
  readonly end: number;
  readonly #first: number;
  readonly #places: ValuePlaces;
  readonly #data: readonly Float32Array[];
  readonly #activate: (raw: number) => number;

  constructor({ places, data, activation }: PlacedValues, first: number) {
    const activate = activations[activation];
    this.#first = first;
    this.end = first + places.count;
    this.#places = places;
    this.#data = data;
    this.#activate = activation === 'none' ? identity : (raw) => Math.fround(activate(raw));
  }

  at(location: number, index: number): number {
    const { tensors, starts, steps } = this.#places;
    const tensor = tensors[location]!;
    const from = starts[location]! + (index - this.#first) * steps[tensor]!;
    return this.#activate(this.#data[tensor]![from]!);
  }

  read(location: number, target: Float32Array, offset: number): void {
    const { tensors, starts, steps, count } = this.#places;
    const tensor = tensors[location]!;
    const data = this.#data[tensor]!;
    const step = steps[tensor]!;
    const start = offset + this.#first;
    let from = starts[location]!;
    for (let to = start; to < start + count; to++, from += step) target[to] = data[from]!;
    const activate = this.#activate;
    if (activate === identity) return;
    for (let to = start; to < start + count; to++) target[to] = activate(target[to]!);
  }

  scoresFrom(threshold: number, scoreOf: (value: number) => number): ScoreWriter {
    const activate = this.#activate;
    const least = leastRaw((raw) => scoreOf(activate(raw)), threshold);
    const { tensors, starts, steps, count } = this.#places;
    const data = this.#data;
    const first = this.#first;
    return (location, target, offset) => {
      const tensor = tensors[location]!;
      const values = data[tensor]!;
      const step = steps[tensor]!;
      let from = starts[location]!;
      for (let to = offset + first; to < offset + first + count; to++, from += step) {
        const raw = values[from]!;
        target[to] = raw < least ? 0 : scoreOf(activate(raw));
      }
    };
  }

  reach(threshold: number, scoreOf: (value: number) => number): (location: number) => boolean {
    const activate = this.#activate;
    const least = leastRaw((raw) => scoreOf(activate(raw)), threshold);
    const { tensors, starts, steps, count } = this.#places;
    const data = this.#data;
    // A step that is known as the loop is compiled spares a fifth of the time.
    if (steps.every((step) => step === 1)) {
      return (location) =>
        anyReaches(data[tensors[location]!]!, least, { start: starts[location]!, count, step: 1 });
    }
    return (location) => {
      const tensor = tensors[location]!;
      return anyReaches(data[tensor]!, least, { start: starts[location]!, count, step: steps[tensor]! });
    };
  }
}
