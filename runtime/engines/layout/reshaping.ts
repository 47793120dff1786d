import { type Layout, onnxLayout } from './layout.js';

/** Axes of the input and of the output that hold the same elements in the same order. */
interface AxisGroup {
  readonly input: readonly number[];
  readonly output: readonly number[];
}

/** How a reshape reads and writes so that axes are split and joined where they lie. */
export interface AxisSplits {
  readonly reads: Layout;
  readonly writes: Layout;
}

/**
 * Returns the layouts in which a tensor that lies in `layout` is reshaped: channels that are innermost stay so, and only
 * axes that are joined out of order are moved first.
 *
 * @param from dimensions of the input in ONNX's order
 * @param to dimensions of the output in ONNX's order
 */
export function reshapeWhereItLies(
  layout: Layout,
  { from, to }: { readonly from: readonly number[]; readonly to: readonly number[] },
): AxisSplits {
  const position = (group: AxisGroup): number => Math.min(...group.input.map((axis) => layout.indexOf(axis)));
  const groups = axisGroups(from, to).toSorted((left, right) => position(left) - position(right));
  return {
    reads: groups.flatMap(({ input }) => input),
    writes: groups.flatMap(({ output }) => output),
  };
}

/**
 * Returns the finest division of both shapes into runs of axes with equal products. Axes of size 1 at the end go with the
 * run before them. With no elements at all, every axis is in one run.
 */
function axisGroups(from: readonly number[], to: readonly number[]): AxisGroup[] {
  if (from.includes(0)) return [{ input: onnxLayout(from.length), output: onnxLayout(to.length) }];
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
