/** Axes of the input and of the output of a reshape that hold the same elements in the same order. */
export interface AxisGroup {
  readonly input: readonly number[];
  readonly output: readonly number[];
}

/**
 * Returns the finest division of both shapes into runs of axes with equal products. Axes of size 1 at the end go with the
 * run before them. With no elements at all, every axis is in one run.
 */
export function axisGroups(from: readonly number[], to: readonly number[]): AxisGroup[] {
  if (from.includes(0)) return [{ input: range(0, from.length), output: range(0, to.length) }];
  const groups: AxisGroup[] = [];
  let [i, o] = [0, 0];
  while (i < from.length || o < to.length) {
    const [firstInput, firstOutput] = [i, o];
    let [left, right] = [1, 1];
    do {
      const wantsInput = left < right || (left === right && i === firstInput);
      if (o === to.length || (wantsInput && i < from.length)) left *= from[i++]!;
      else right *= to[o++]!;
      const isComplete = left === right && i > firstInput && o > firstOutput;
      if (isComplete) break;
    } while (i < from.length || o < to.length);
    groups.push({ input: range(firstInput, i), output: range(firstOutput, o) });
  }
  return withTailJoined(groups);
}

function withTailJoined(groups: readonly AxisGroup[]): AxisGroup[] {
  const [tail, previous] = [groups.at(-1), groups.at(-2)];
  const isComplete = tail === undefined || (tail.input.length > 0 && tail.output.length > 0);
  if (isComplete || previous === undefined) return [...groups];
  const joined = {
    input: [...previous.input, ...tail.input],
    output: [...previous.output, ...tail.output],
  };
  return [...groups.slice(0, -2), joined];
}

function range(start: number, end: number): number[] {
  return Array.from({ length: end - start }, (_, index) => start + index);
}
