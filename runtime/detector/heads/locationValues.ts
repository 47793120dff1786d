import { type Activation, activations, identity } from '../../activation.js';
import type { TensorMap } from '../../engines/engine.js';
import { JoinedOutput } from '../../engines/joinedOutput.js';
import type { OutputPart, UnpackedOutput } from '../../lowering/outputs/unpackedOutput.js';
import { anyReaches } from './anyReaches.js';
import { leastRaw } from './leastRaw.js';
import { type OutputSlot, slotData, slotTensor } from './outputSlot.js';

/** Where a head's values are: value v of location l is element `starts[l] + v * steps[tensors[l]]` of tensor `tensors[l]`. */
export interface ValuePlaces {
  /** `[numLocations]` */
  readonly tensors: Uint8Array;
  /** `[numLocations]` */
  readonly starts: Uint32Array;
  /** `[numTensors]` */
  readonly steps: readonly number[];
  /** Of values of one location. */
  readonly count: number;
}

/** The values of one kind in one run's outputs. */
export class LocatedValues {
  readonly #places: ValuePlaces;
  /** `[numTensors]` */
  readonly #data: readonly Float32Array[];
  readonly #activate: (raw: number) => number;

  constructor(places: ValuePlaces, data: readonly Float32Array[], activation: Activation) {
    this.#places = places;
    this.#data = data;
    this.#activate = activations[activation];
  }

  /** Returns value `index` of a location, as the graph's output has it. */
  at(location: number, index: number): number {
    const { tensors, starts, steps } = this.#places;
    const tensor = tensors[location]!;
    return this.#activate(this.#data[tensor]![starts[location]! + index * steps[tensor]!]!);
  }

  /** Writes all values of a location to `target` from `offset` on, as `at` returns them. */
  read(location: number, target: Float32Array, offset = 0): void {
    const { tensors, starts, steps, count } = this.#places;
    const tensor = tensors[location]!;
    const data = this.#data[tensor]!;
    const step = steps[tensor]!;
    let from = starts[location]!;
    for (let to = offset; to < offset + count; to++, from += step) target[to] = data[from]!;
    const activate = this.#activate;
    if (activate === identity) return;
    for (let to = offset; to < offset + count; to++) target[to] = activate(target[to]!);
  }

  /**
   * Returns a test of whether any of a location's values, as a score and float32, is `threshold` or more, or NaN. It compares what
   * lies there.
   */
  reach(threshold: number, options: ReachOptions = {}): (location: number) => boolean {
    const { tensors, starts, steps, count: all } = this.#places;
    const { scoreOf = identity, first = 0, count = all } = options;
    const least = leastRaw((raw) => scoreOf(this.#activate(raw)), threshold);
    const data = this.#data;
    // A step that is known as the loop is compiled spares a fifth of the time.
    if (steps.every((step) => step === 1)) {
      return (location) =>
        anyReaches(data[tensors[location]!]!, least, { start: starts[location]! + first, count, step: 1 });
    }
    return (location) => {
      const tensor = tensors[location]!;
      const step = steps[tensor]!;
      return anyReaches(data[tensor]!, least, { start: starts[location]! + first * step, count, step });
    };
  }
}

export interface ReachOptions {
  /** Rises with its argument. Default: a value is its score. */
  readonly scoreOf?: (value: number) => number;
  /** Which of the values are tested. Default: all of them. */
  readonly first?: number;
  readonly count?: number;
}

/** One kind of value that a head has of each location: its class scores, its box. */
export class LocationValues {
  /** The outputs that hold them, those of `places` in order. */
  readonly slots: readonly OutputSlot[];
  readonly #places: ValuePlaces;
  #lastMoved: MovedPlaces | undefined;

  constructor(slots: readonly OutputSlot[], places: ValuePlaces) {
    this.slots = slots;
    this.#places = places;
  }

  /**
   * Returns where the values are in these outputs: in the pieces of those that come in pieces, where each location has its
   * values in one of them.
   *
   * @throws AgentError `shape_mismatch`
   */
  in(outputs: TensorMap): LocatedValues {
    const tensors = this.slots.map((slot) => slotTensor(slot, outputs));
    const unpacked = tensors.map((tensor) => (tensor instanceof JoinedOutput ? tensor.unpacked : undefined));
    const moved = unpacked.includes(undefined) ? undefined : this.#moved(unpacked as UnpackedOutput[]);
    if (moved === undefined) {
      const data = this.slots.map((slot) => slotData(slot, outputs));
      return new LocatedValues(this.#places, data, 'none');
    }
    const data = moved.pieces.map(({ slot, source }) => {
      return (tensors[slot] as JoinedOutput).pieces[source]!.data as Float32Array;
    });
    return new LocatedValues(moved.places, data, moved.activation);
  }

  /** Outputs of one session come in the same pieces in every run. */
  #moved(outputs: readonly UnpackedOutput[]): MovedPlaces['to'] {
    const last = this.#lastMoved;
    if (last?.from.every((output, index) => output === outputs[index])) return last.to;
    const to = movedPlaces(this.#places, outputs);
    this.#lastMoved = { from: outputs, to };
    return to;
  }
}

/** Returns the outputs that hold these values, each once. */
export function slotsOf(values: readonly LocationValues[]): OutputSlot[] {
  return [
    ...new Map(values.flatMap(({ slots }) => slots.map((slot) => [slot.name, slot] as const))).values(),
  ];
}

interface MovedPlaces {
  readonly from: readonly UnpackedOutput[];
  readonly to:
    | {
        readonly places: ValuePlaces;
        /** `[numTensors]` */
        readonly pieces: readonly { readonly slot: number; readonly source: string }[];
        readonly activation: Activation;
      }
    | undefined;
}

/** Returns `undefined` where a location has its values in several pieces, or pieces want different activations. */
function movedPlaces(places: ValuePlaces, outputs: readonly UnpackedOutput[]): MovedPlaces['to'] {
  const { count } = places;
  const tensors = new Uint8Array(places.tensors.length);
  const starts = new Uint32Array(places.starts.length);
  const found = new Map<string, { slot: number; source: string; step: number; index: number }>();
  const kinds = new Set<Activation>();
  for (const [location, slot] of places.tensors.entries()) {
    const first = places.starts[location]!;
    const last = first + (count - 1) * places.steps[slot]!;
    const run = runInPart(outputs[slot]!, { first, last, count });
    if (run === undefined) return undefined;
    const { part, start, step } = run;
    const key = `${slot} ${step} ${part.source}`;
    const piece = found.get(key) ?? { slot, source: part.source, step, index: found.size };
    found.set(key, piece);
    kinds.add(part.activation);
    tensors[location] = piece.index;
    starts[location] = start;
  }
  if (kinds.size !== 1 || found.size > 256) return undefined;
  const pieces = [...found.values()];
  const steps = pieces.map(({ step }) => step);
  return { places: { tensors, starts, steps, count }, pieces, activation: [...kinds][0]! };
}

/** Returns where values lie that the output has at equal distances from its element `first` to its element `last`. */
function runInPart(
  { dims, parts }: UnpackedOutput,
  { first, last, count }: { readonly first: number; readonly last: number; readonly count: number },
): { readonly part: OutputPart; readonly start: number; readonly step: number } | undefined {
  const [from, to] = [indexOf(first, dims), indexOf(last, dims)];
  const part = parts.find((one) => holds(one, from));
  if (part === undefined || !holds(part, to)) return undefined;
  const start = part.firsts.reduce(
    (sum, base, axis) => sum + (from[axis]! - base) * part.steps[axis]!,
    part.start,
  );
  const along = from.flatMap((index, axis) => (index === to[axis] ? [] : [axis]));
  if (along.length === 0) return { part, start, step: 1 };
  const [axis = 0] = along;
  const stride = (to[axis]! - from[axis]!) / (count - 1);
  return along.length === 1 && Number.isInteger(stride)
    ? { part, start, step: stride * part.steps[axis]! }
    : undefined;
}

function holds({ firsts, sizes }: OutputPart, index: readonly number[]): boolean {
  return index.every((at, axis) => at >= firsts[axis]! && at < firsts[axis]! + sizes[axis]!);
}

/** Of a row-major tensor. */
function indexOf(element: number, dims: readonly number[]): number[] {
  const index: number[] = [];
  let rest = element;
  for (const dim of dims.toReversed()) {
    index.unshift(rest % dim);
    rest = Math.floor(rest / dim);
  }
  return index;
}
