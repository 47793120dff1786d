import { stringAttribute } from '../../graph/graph.js';
import { nodeAxes } from '../../graph/passes/shapes/axes.js';
import { constantNumbers, fail, type NodeView } from '../../graph/passes/shapes/rule.js';
import type { OperatorContext } from './operator.js';

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

/** Between which two elements of the input each element of the output lies, and how much they count. */
export interface LinearTaps {
  readonly low: readonly number[];
  readonly high: readonly number[];
  readonly lowShare: readonly number[];
  readonly highShare: readonly number[];
}

/** Returns how a Resize of four axes samples height and width. @throws AgentError `op_unsupported` for other axes */
export function samplings({ view, outputs }: OperatorContext): readonly [Sampling, Sampling] {
  const from = view.types[0]!.dims;
  const to = outputs[0]!.dims;
  if (from[0] !== to[0] || from[1] !== to[1]) {
    fail(view, `only height and width are resized, got [${from}] to [${to}]`, 'op_unsupported');
  }
  const sampling = (axis: 2 | 3): Sampling => {
    return { view, size: from[axis]!, count: to[axis]!, scale: scaleOf(view, axis, to[axis]! / from[axis]!) };
  };
  return [sampling(2), sampling(3)];
}

/** Returns the input element that each output element takes. Source: https://onnx.ai/onnx/operators/onnx__Resize.html */
export function nearestIndices(sampling: Sampling): number[] {
  const { view, size } = sampling;
  const mode = stringAttribute(view.node, 'nearest_mode', 'round_prefer_floor');
  const round = rounding[mode] ?? fail(view, `nearest_mode ${mode} is not known`, 'op_unsupported');
  return positions(sampling).map((x) => Math.min(size - 1, Math.max(0, round(x))));
}

/** Returns where each output element lies between those of the input; places outside the input are moved to its edge. */
export function linearPlaces(sampling: Sampling): number[] {
  return positions(sampling).map((x) => Math.min(sampling.size - 1, Math.max(0, x)));
}

/** Returns the two neighbours of each output element. Where both are the last one, they count half each, as in onnxruntime. */
export function linearTaps(sampling: Sampling): LinearTaps {
  const last = sampling.size - 1;
  const inside = linearPlaces(sampling);
  const low = inside.map(Math.floor);
  const highShare = inside.map((x, index) => (low[index] === last ? 0.5 : x - low[index]!));
  return {
    low,
    high: low.map((index) => Math.min(last, index + 1)),
    lowShare: highShare.map((share) => 1 - share),
    highShare,
  };
}

/**
 * Returns how much the four neighbours of each pixel count, each `[height, width]`: upper left, upper right, lower left and lower
 * right, the order in which onnxruntime adds them up.
 */
export function cornerShares(rows: LinearTaps, columns: LinearTaps): Float32Array[] {
  return [rows.lowShare, rows.highShare].flatMap((down) =>
    [columns.lowShare, columns.highShare].map((across) =>
      Float32Array.from({ length: down.length * across.length }, (_, at) => {
        return down[Math.floor(at / across.length)]! * across[at % across.length]!;
      }),
    ),
  );
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
  const place =
    modes[mode] ?? fail(view, `coordinate_transformation_mode ${mode} is not known`, 'op_unsupported');
  return Array.from({ length: count }, (_, x) => place(x));
}

function scaleOf(view: NodeView, axis: number, fallback: number): number {
  if (view.types[3] !== undefined) return fallback;
  const axes = nodeAxes(view, Number.POSITIVE_INFINITY, 4) ?? [0, 1, 2, 3];
  const index = axes.indexOf(axis);
  return index < 0 ? 1 : constantNumbers(view, 2)[index]!;
}
