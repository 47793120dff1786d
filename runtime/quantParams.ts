import { AgentError } from './errors.js';

/**
 * Uniform quantization: `q = clip(round(x / scale) + zeroPoint, qmin, qmax)`, `x^ = scale * (q - zeroPoint)`.
 * Rounding, clamping and integer ranges exist here and nowhere else.
 */

/** An affine grid of one tensor. `scale` is a float32 value > 0; zero is on the grid, at code `zeroPoint`. */
export interface QuantParams {
  readonly scale: number;
  readonly zeroPoint: number;
  readonly qmin: number;
  readonly qmax: number;
}

/** Doubles from here up to 2^53 are integers, so that a sum that lands there is rounded as IEEE 754 does: half to even. */
const integersOnly = 1.5 * 2 ** 52;

/**
 * Returns the nearest integer, ties to even, as ONNX QuantizeLinear and onnxruntime round.
 * Exact for |x| < 2^51.
 */
export function roundHalfToEven(x: number): number {
  return x + integersOnly - integersOnly;
}

export function clamp(x: number, min: number, max: number): number {
  return Math.min(Math.max(x, min), max);
}

/**
 * Returns the ranges of codes that a channel's weights of `bits` bits may have. From 5 bits on there is one, narrow and symmetric, so that
 * no product overflows. At 4 bits and below every code counts, and there are as many ranges as hold zero: codes are stored less
 * a zero point, and multiplied as int8, which all of them fit.
 */
export function weightRanges(bits: number): readonly { readonly qmin: number; readonly qmax: number }[] {
  assertBits(bits, 'weight bits');
  const narrow = 2 ** (bits - 1) - 1;
  if (bits > 4) return [{ qmin: -narrow, qmax: narrow }];
  const span = weightSpan(bits);
  return Array.from({ length: span + 1 }, (_, qmax) => ({ qmin: qmax - span, qmax }));
}

/** Returns how many steps lie between the least and the greatest code of a range of `weightRanges`. */
export function weightSpan(bits: number): number {
  assertBits(bits, 'weight bits');
  return bits > 4 ? 2 ** bits - 2 : 2 ** bits - 1;
}

/** Returns the unsigned codes that activations of `bits` bits use. */
export function activationRange(bits: number): { qmin: number; qmax: number } {
  assertBits(bits, 'activation bits');
  return { qmin: 0, qmax: 2 ** bits - 1 };
}

/** @throws AgentError `bits_out_of_range` */
export function assertBits(bits: number, where: string): void {
  if (Number.isInteger(bits) && bits >= 2 && bits <= 8) return;
  throw new AgentError('bits_out_of_range', `${where}: expected a whole number from 2 to 8, got ${bits}`, {
    detail: { where, expected: '2..8', got: bits },
  });
}

/**
 * Returns the affine grid of `bits` bits that covers [min, max], widened to hold zero; zero is exactly on it.
 * A range of zero width gives a tiny scale on which zero is exact.
 */
export function affineParams(min: number, max: number, bits: number): QuantParams {
  const { qmin, qmax } = activationRange(bits);
  const low = Math.min(min, 0);
  const high = Math.max(max, 0);
  const scale = Math.fround(Math.max(high - low, 1e-8) / qmax);
  return { scale, zeroPoint: clamp(roundHalfToEven(-low / scale), qmin, qmax), qmin, qmax };
}

/** Returns the code of `x`. NaN becomes `zeroPoint`. */
export function quantize(x: number, { scale, zeroPoint, qmin, qmax }: QuantParams): number {
  const code = roundHalfToEven(x / scale) + zeroPoint;
  return Number.isNaN(code) ? zeroPoint : clamp(code, qmin, qmax);
}

/** Returns the value on the grid that stands for `x`. */
export function fakeQuantize(x: number, params: QuantParams): number {
  return params.scale * (quantize(x, params) - params.zeroPoint);
}
