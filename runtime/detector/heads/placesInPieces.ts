import type { RawActivation } from '../../activation.js';
import type { OutputPart, UnpackedOutput } from '../../lowering/outputs/unpackedOutput.js';
import type { ValuePlaces } from './valuePlaces.js';

/** Where values lie in pieces: run after run of the values of each location. */
export type PlacesInPieces = readonly {
  readonly places: ValuePlaces;
  /** `[numTensors]`: a piece of one of the outputs. */
  readonly pieces: readonly { readonly output: number; readonly source: string }[];
  readonly activation: RawActivation;
}[];

/**
 * Returns where the values of places in whole outputs lie in their pieces; `undefined` where the pieces cut through the values of
 * one location otherwise than through those of another.
 */
export function placesInPieces(
  places: ValuePlaces,
  outputs: readonly UnpackedOutput[],
): PlacesInPieces | undefined {
  const runs: PlacesInPieces[number][] = [];
  for (let first = 0; first < places.count; ) {
    const count = runLength(places, first, outputs);
    const run = count > 0 ? placesOfRun(places, { first, count, outputs }) : undefined;
    if (run === undefined) return undefined;
    runs.push(run);
    first += count;
  }
  return runs;
}

/** Returns how many of the first location's values, from value `first` on, lie at equal distances in one piece. */
function runLength(places: ValuePlaces, first: number, outputs: readonly UnpackedOutput[]): number {
  let count = places.count - first;
  while (count > 0 && findRun(places, 0, { first, count, outputs }) === undefined) count--;
  return count;
}

interface Run {
  readonly first: number;
  readonly count: number;
  readonly outputs: readonly UnpackedOutput[];
}

function placesOfRun(places: ValuePlaces, run: Run): PlacesInPieces[number] | undefined {
  const { count } = run;
  const tensors = new Uint8Array(places.tensors.length);
  const starts = new Uint32Array(places.starts.length);
  const found = new Map<string, { output: number; source: string; step: number; index: number }>();
  const activations = new Set<RawActivation>();
  for (const [location, output] of places.tensors.entries()) {
    const there = findRun(places, location, run);
    if (there === undefined) return undefined;
    const { step, start } = there;
    const { source, activation } = there.part;
    const key = `${output} ${step} ${source}`;
    const piece = found.get(key) ?? { output, source, step, index: found.size };
    found.set(key, piece);
    activations.add(activation);
    tensors[location] = piece.index;
    starts[location] = start;
  }
  if (activations.size !== 1 || found.size > 256) return undefined;
  const pieces = [...found.values()];
  const steps = pieces.map(({ step }) => step);
  return { places: { tensors, starts, steps, count }, pieces, activation: [...activations][0]! };
}

/** Returns where a location's values of a run lie, if that is at equal distances in one piece. */
function findRun(
  { tensors, starts, steps }: ValuePlaces,
  location: number,
  { first, count, outputs }: Run,
): { readonly part: OutputPart; readonly start: number; readonly step: number } | undefined {
  const output = tensors[location]!;
  const { dims, parts } = outputs[output]!;
  const start = starts[location]! + first * steps[output]!;
  const from = indexOf(start, dims);
  const part = parts.find((one) => holds(one, from));
  if (part === undefined) return undefined;
  const offsets = from.map((index, axis) => (index - part.firsts[axis]!) * part.steps[axis]!);
  const there = { part, start: offsets.reduce((sum, offset) => sum + offset, part.start) };
  if (count === 1) return { ...there, step: 1 };
  const to = indexOf(start + (count - 1) * steps[output]!, dims);
  const [axis, ...others] = from.flatMap((index, k) => (index === to[k] ? [] : [k]));
  if (axis === undefined || others.length > 0 || !holds(part, to)) return undefined;
  const stride = (to[axis]! - from[axis]!) / (count - 1);
  return Number.isInteger(stride) ? { ...there, step: stride * part.steps[axis]! } : undefined;
}

function holds({ firsts, sizes }: OutputPart, index: readonly number[]): boolean {
  return index.every((at, axis) => at >= firsts[axis]! && at < firsts[axis]! + sizes[axis]!);
}

/** Of an element of a row-major tensor. */
function indexOf(element: number, dims: readonly number[]): number[] {
  const index: number[] = [];
  let rest = element;
  for (const dim of dims.toReversed()) {
    index.unshift(rest % dim);
    rest = Math.floor(rest / dim);
  }
  return index;
}
