import { stringAttribute } from '../../../../graph/graph.js';
import { fail } from '../../../../graph/passes/shapes/rule.js';
import { channelsLast } from '../../../layout/layout.js';
import { linearPlaces, nearestIndices, type Sampling, samplings } from '../../../layout/sampling.js';
import { writeBilinear, writeRepeated } from '../../tflite/resize.js';
import type { Operator, WriteAction } from '../operator.js';
import { requireRank } from '../requirements.js';

/** Height and width resized in NHWC: by repeating pixels a whole number of times, or bilinearly. */
export const resize: Operator = (context) => {
  requireRank(context, 4);
  const { view } = context;
  const axes = samplings(context);
  const mode = stringAttribute(view.node, 'mode', 'nearest');
  if (mode !== 'nearest' && mode !== 'linear') {
    fail(view, `LiteRT does not resize by mode ${mode}`, 'op_unsupported');
  }
  const layout = channelsLast(4);
  return { reads: [layout], writes: [layout], action: mode === 'nearest' ? repeated(axes) : bilinear(axes) };
};

function repeated(axes: readonly [Sampling, Sampling]): WriteAction {
  const factors = axes.map(({ view, size, count, ...sampling }) => {
    const factor = count / size;
    const indices = nearestIndices({ view, size, count, ...sampling });
    const isRepeating = indices.every((index, x) => index === Math.floor(x / factor));
    if (Number.isInteger(factor) && isRepeating) return factor;
    return fail(view, `LiteRT repeats pixels only, got ${size} to ${count} elements`, 'op_unsupported');
  });
  return (writer, [input], [output]) =>
    writeRepeated(writer, { input: input!, output, factors: [factors[0]!, factors[1]!] });
}

/** The ways in which LiteRT places the pixels of the output between those of the input. */
const placements = [
  { alignCorners: 0, halfPixelCenters: 1 },
  { alignCorners: 1, halfPixelCenters: 0 },
  { alignCorners: 0, halfPixelCenters: 0 },
] as const;

function bilinear(axes: readonly [Sampling, Sampling]): WriteAction {
  const placement = placements.find((candidate) => axes.every((axis) => agrees(axis, candidate)));
  if (placement !== undefined) {
    return (writer, [input], [output]) => writeBilinear(writer, { input: input!, output, placement });
  }
  const [{ view }] = axes;
  return fail(view, 'LiteRT does not place the pixels of this Resize so', 'op_unsupported');
}

/** Whether LiteRT's place of each pixel is ONNX's, to what float32 leaves of it. */
function agrees(
  sampling: Sampling,
  { alignCorners, halfPixelCenters }: (typeof placements)[number],
): boolean {
  const { size, count } = sampling;
  const places = linearPlaces(sampling);
  const scale = alignCorners === 1 && count > 1 ? (size - 1) / (count - 1) : size / count;
  return places.every((expected, x) => {
    const place = halfPixelCenters === 1 ? (x + 0.5) * scale - 0.5 : x * scale;
    return Math.abs(Math.min(Math.max(place, 0), size - 1) - expected) < 1e-5 * size;
  });
}
