import { stringAttribute } from '../../../graph/graph.js';
import { fail, type NodeView } from '../../../graph/passes/shapes/rule.js';

/** How a Resize samples one axis. */
export interface Sampling {
  readonly view: NodeView;
  /** Elements of the input. */
  readonly size: number;
  /** Elements of the output. */
  readonly count: number;
  /** Output elements for each input element. */
  readonly scale: number;
}

/** Between which two elements of the input an element of the output lies, and how near to the upper one. */
export interface LinearTaps {
  readonly low: readonly number[];
  readonly high: readonly number[];
  readonly weight: readonly number[];
}

/** Returns the input element that each output element takes. Source: https://onnx.ai/onnx/operators/onnx__Resize.html */
export function nearestIndices(sampling: Sampling): number[] {
  const { view, size } = sampling;
  const mode = stringAttribute(view.node, 'nearest_mode', 'round_prefer_floor');
  const round =
    rounding[mode] ?? fail(view, `TensorFlow.js does not know nearest_mode ${mode}`, 'op_unsupported');
  return positions(sampling).map((x) => Math.min(size - 1, Math.max(0, round(x))));
}

/** Returns the two neighbours of each output element; positions outside the input are moved to its edge. */
export function linearTaps(sampling: Sampling): LinearTaps {
  const last = sampling.size - 1;
  const inside = positions(sampling).map((x) => Math.min(last, Math.max(0, x)));
  const low = inside.map(Math.floor);
  return {
    low,
    high: low.map((index) => Math.min(last, index + 1)),
    weight: inside.map((x, index) => x - low[index]!),
  };
}

const rounding: Readonly<Record<string, (x: number) => number>> = {
  floor: Math.floor,
  ceil: Math.ceil,
  round_prefer_floor: (x) => Math.ceil(x - 0.5),
  round_prefer_ceil: (x) => Math.floor(x + 0.5),
};

/** Returns where the output elements lie on the input's axis, in float32 as onnxruntime computes them. */
function positions({ view, size, count, scale }: Sampling): number[] {
  const mode = stringAttribute(view.node, 'coordinate_transformation_mode', 'half_pixel');
  const halfPixel = (x: number): number => Math.fround(Math.fround((x + 0.5) / scale) - 0.5);
  const modes: Readonly<Record<string, (x: number) => number>> = {
    half_pixel: halfPixel,
    pytorch_half_pixel: (x) => (count > 1 ? halfPixel(x) : 0),
    asymmetric: (x) => Math.fround(x / scale),
    align_corners: (x) => (count > 1 ? Math.fround((x * (size - 1)) / (count - 1)) : 0),
  };
  const place = modes[mode] ?? fail(view, `TensorFlow.js does not resize with ${mode}`, 'op_unsupported');
  return Array.from({ length: count }, (_, x) => place(x));
}
