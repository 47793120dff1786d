import { type SliceRange, sliceRanges } from '../../../graph/passes/shapes/slicing.js';
import { inMemory } from '../../layout/layout.js';
import type { Operator } from '../operator.js';

/** A range of each axis with any step, in any layout. A backward range is taken forward and reversed. */
export const slice: Operator = ({ tf, view, layouts }) => {
  const layout = layouts[0]!;
  const ranges = inMemory(sliceRanges(view), layout);
  const forward = ranges.map(forwards);
  const begin = forward.map(({ start }) => start);
  const isDense = forward.every(({ step }) => step === 1);
  const size = forward.map(({ count }) => count);
  const end = forward.map(({ start, step, count }) => start + (count === 0 ? 0 : (count - 1) * step + 1));
  const steps = forward.map(({ step }) => step);
  const reversed = [...ranges.keys()].filter((position) => ranges[position]!.step < 0);
  return {
    reads: [layout],
    writes: [layout],
    run: ([x]) => {
      const taken = isDense ? tf.slice(x!, begin, size) : tf.stridedSlice(x!, begin, end, steps);
      return reversed.length === 0 ? taken : tf.reverse(taken, reversed);
    },
  };
};

function forwards({ start, step, count }: SliceRange): SliceRange {
  return step > 0 ? { start, step, count } : { start: start + (count - 1) * step, step: -step, count };
}
