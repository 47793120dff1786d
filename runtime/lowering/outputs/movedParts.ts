import { axisGroups } from '../../graph/axisGroups.js';
import type { SliceRange } from '../../graph/passes/shapes/slicing.js';
import type { OutputPart } from './unpackedOutput.js';

/** Parts of one tensor after it was transposed, cut, joined to others or reshaped: the sources stay where they lie. */
export type Parts = readonly OutputPart[];

export function transposedParts(parts: Parts, order: readonly number[]): Parts {
  const permuted = (values: readonly number[]) => order.map((axis) => values[axis]!);
  return parts.map((part) => ({
    ...part,
    steps: permuted(part.steps),
    firsts: permuted(part.firsts),
    sizes: permuted(part.sizes),
  }));
}

/** @param ranges by axis; `undefined` is returned where one skips elements */
export function slicedParts(parts: Parts, ranges: readonly SliceRange[]): Parts | undefined {
  if (ranges.some(({ step, count }) => step !== 1 || count === 0)) return undefined;
  return parts.flatMap((part) => {
    const firsts = part.firsts.map((first, axis) => Math.max(first, ranges[axis]!.start));
    const sizes = firsts.map((first, axis) => {
      const { start, count } = ranges[axis]!;
      return Math.min(part.firsts[axis]! + part.sizes[axis]!, start + count) - first;
    });
    if (sizes.some((size) => size <= 0)) return [];
    const skipped = firsts.map((first, axis) => (first - part.firsts[axis]!) * part.steps[axis]!);
    return {
      ...part,
      start: skipped.reduce((sum, steps) => sum + steps, part.start),
      firsts: firsts.map((first, axis) => first - ranges[axis]!.start),
      sizes,
    };
  });
}

/** @param tensors one after the other along `axis`, each with its size there */
export function joinedParts(
  tensors: readonly { readonly parts: Parts; readonly size: number }[],
  axis: number,
): Parts {
  let before = 0;
  return tensors.flatMap(({ parts, size }) => {
    const moved = parts.map((part) => ({
      ...part,
      firsts: part.firsts.with(axis, part.firsts[axis]! + before),
    }));
    before += size;
    return moved;
  });
}

/** Returns `undefined` where a part is no box of the new shape, or its elements do not lie at equal distances in it. */
export function reshapedParts(
  parts: Parts,
  { from, to }: { readonly from: readonly number[]; readonly to: readonly number[] },
): Parts | undefined {
  const groups = axisGroups(from, to);
  const reshaped: OutputPart[] = [];
  for (const part of parts) {
    const axes: Axis[] = [];
    for (const { input, output } of groups) {
      const run = runOf(input.map((axis) => axisOf(part, axis, from[axis]!)));
      const split =
        run &&
        splitRun(
          run,
          output.map((axis) => to[axis]!),
        );
      if (split === undefined) return undefined;
      axes.push(...split);
    }
    reshaped.push({
      ...part,
      steps: axes.map(({ step }) => step),
      firsts: axes.map(({ first }) => first),
      sizes: axes.map(({ size }) => size),
    });
  }
  return reshaped;
}

/** What a part holds of an axis of `length` elements. */
interface Axis {
  readonly first: number;
  readonly size: number;
  readonly step: number;
  readonly length: number;
}

function axisOf({ firsts, sizes, steps }: OutputPart, axis: number, length: number): Axis {
  return { first: firsts[axis]!, size: sizes[axis]!, step: steps[axis]!, length };
}

/** Returns several axes, the slowest first, as one. */
function runOf(axes: readonly Axis[]): Axis | undefined {
  let run: Axis = { first: 0, size: 1, step: 0, length: 1 };
  for (const outer of axes.toReversed()) {
    const length = outer.length * run.length;
    const isWhole = run.size === run.length;
    if (outer.length === 1) continue;
    if (run.length === 1) run = outer;
    else if (outer.size === 1) run = { ...run, first: outer.first * run.length + run.first, length };
    else if (isWhole && outer.step === run.step * run.length) {
      run = { first: outer.first * run.length, size: outer.size * run.length, step: run.step, length };
    } else return undefined;
  }
  return run;
}

/** Returns one axis as several of these lengths. */
function splitRun({ first, size, step }: Axis, lengths: readonly number[]): Axis[] | undefined {
  const axes: Axis[] = [];
  for (const length of lengths.toReversed()) {
    const within = first % length;
    if (within === 0 && size % length === 0) {
      axes.unshift({ first: 0, size: length, step, length });
      [first, size] = [first / length, size / length];
    } else if (within + size <= length) {
      axes.unshift({ first: within, size, step, length });
      [first, size] = [(first - within) / length, 1];
    } else return undefined;
    step *= length;
  }
  return axes;
}
