import { fail } from '../../../../graph/passes/shapes/rule.js';
import { sliceRanges } from '../../../../graph/passes/shapes/slicing.js';
import { inMemory } from '../../../layout/layout.js';
import type { ModelWriter } from '../../tflite/modelWriter.js';
import type { Operator } from '../operator.js';

/**
 * A range of each axis, in any layout. Every n-th element of an axis of which n is a divisor is a slice of that axis cut
 * in two, as in the Focus of YOLOX.
 */
export const slice: Operator = ({ view, layouts }) => {
  const layout = layouts[0]!;
  const dims = inMemory(view.types[0]!.dims, layout);
  const ranges = inMemory(sliceRanges(view), layout);
  for (const [axis, { step }] of ranges.entries()) {
    if (step < 1 || dims[axis]! % step !== 0) {
      fail(view, `LiteRT takes steps that divide the size ${dims[axis]}, got ${step}`, 'op_unsupported');
    }
  }
  return {
    reads: [layout],
    writes: [layout],
    action: (writer, [input], [output]) => {
      const thinned = ranges.reduce(
        (tensor, { start, step }, axis) =>
          step === 1 ? tensor : everyNth(writer, tensor, { axis, step, phase: start % step }),
        input!,
      );
      writer.slice(
        thinned,
        output,
        ranges.map(({ start, step }) => Math.floor(start / step)),
      );
    },
  };
};

interface Thinning {
  readonly axis: number;
  readonly step: number;
  /** 0 .. step - 1 */
  readonly phase: number;
}

function everyNth(writer: ModelWriter, input: number, { axis, step, phase }: Thinning): number {
  const { shape } = writer.at(input);
  const count = shape[axis]! / step;
  const cut = writer.reshaped(input, shape.toSpliced(axis, 1, count, step));
  const taken = writer.like(cut, shape.toSpliced(axis, 1, count, 1));
  writer.slice(
    cut,
    taken,
    writer.at(cut).shape.map((_, at) => (at === axis + 1 ? phase : 0)),
  );
  return writer.reshaped(taken, shape.with(axis, count));
}
