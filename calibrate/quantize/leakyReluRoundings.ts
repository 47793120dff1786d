import { type QuantParams, roundHalfToEven } from '../../runtime/quantParams.js';
import type { PairGrids, PairRounding } from './pairRounding.js';
import { sumRoundings } from './sumRoundings.js';

/** A LeakyReLU between two grids. */
export interface LeakyReluOnGrids {
  readonly slope: number;
  readonly input: QuantParams;
  readonly output: QuantParams;
}

/** What an engine makes of steps from a zero point: steps on the other grid, before they are clipped to its codes. */
export type Rounding = (steps: number) => number;

const { fround } = Math;

/** XNNPACK multiplies codes by whole 256ths. */
const parts = 256;

/** Returns by how many 256ths of itself a step becomes steps of the other grid above zero. */
export const partsOf = ({ input, output }: Omit<LeakyReluOnGrids, 'slope'>): number =>
  (parts * input.scale) / output.scale;

/** Returns what XNNPACK multiplies by for a factor. */
export const toWholeParts = (factor: number): number => roundHalfToEven(parts * factor) / parts;

/**
 * Returns the slope as every engine can have it on these grids: below zero, too, a step becomes a whole number of 256ths. Of
 * 128 steps it makes a fourth of a step of the output more or less than the given one, at most.
 */
export function slopeOnGrids(leakyRelu: LeakyReluOnGrids): number {
  const above = Math.max(Math.round(partsOf(leakyRelu)), 1);
  return fround(roundHalfToEven(leakyRelu.slope * above) / above);
}

/** How engines round a LeakyReLU of the slope that it has on its grids, as their kernels do. */
export const leakyReluRoundings = {
  /** ONNX's own operators one by one, TensorFlow.js, and onnxruntime's table. */
  dequantized: (leakyRelu: LeakyReluOnGrids): Rounding => {
    const { input, output } = leakyRelu;
    const slope = slopeOnGrids(leakyRelu);
    return (steps) => {
      const value = fround(steps * input.scale);
      return roundHalfToEven(fround((steps < 0 ? fround(value * slope) : value) / output.scale));
    };
  },
  fusedMultiplyAdd: asSum(sumRoundings.fusedMultiplyAdd),
  separateMultiplyAdd: asSum(sumRoundings.separateMultiplyAdd),
  fixedPoint22: asSum(sumRoundings.fixedPoint22),
  /** XNNPACK, and with it LiteRT: half up. */
  wholeParts: (leakyRelu: LeakyReluOnGrids): Rounding => {
    const ratio = leakyRelu.input.scale / leakyRelu.output.scale;
    const [above, below] = [toWholeParts(ratio), toWholeParts(slopeOnGrids(leakyRelu) * ratio)];
    return (steps) => Math.floor(steps * (steps < 0 ? below : above) + 0.5);
  },
} as const;

/** As onnxruntime's lowered form adds `(1 - slope) * max(x, 0)` and `slope * x`; slopes beyond 0 and 1 it looks up. */
function asSum(round: (grids: PairGrids) => PairRounding) {
  return (leakyRelu: LeakyReluOnGrids): Rounding => {
    const { input, output } = leakyRelu;
    const slope = slopeOnGrids(leakyRelu);
    if (slope <= 0 || slope >= 1) return leakyReluRoundings.dequantized(leakyRelu);
    const share = (part: number) => ({ ...input, scale: fround(input.scale * part) });
    const add = round({ a: share(1 - slope), b: share(slope), result: output });
    return (steps) => add(Math.max(steps, 0), steps);
  };
}
