import { intAttribute } from '../../graph/graph.js';
import type { Tensor } from '../../graph/tensor.js';
import { roundHalfToEven } from '../../quantParams.js';
import type { Translation } from './translation.js';

/** Weights of a convolution: `value = scales[o] * codes[o, ...]`. */
export interface WeightCodes {
  /** `[O, I / groups, kh, kw]`, as in the file. */
  readonly codes: Int8Array;
  readonly dims: readonly [number, number, number, number];
  /** `[O]` */
  readonly scales: Float32Array;
}

/**
 * Returns the codes of weights that are constant and, less their zero points, fit int8, per output channel or per tensor;
 * `undefined` for all others.
 */
export function weightCodes(translation: Translation, name: string): WeightCodes | undefined {
  const node = translation.producer(name);
  if (node?.opType !== 'DequantizeLinear') return undefined;
  const [codes, scale, zeroPoint] = node.inputs.map((input) => translation.constant(input));
  if (codes?.dims.length !== 4 || scale?.dtype !== 'float32') return undefined;
  const filters = codes.dims[0]!;
  const perChannel = scale.data.length === filters && intAttribute(node, 'axis', 1) === 0;
  if (!perChannel && scale.data.length !== 1) return undefined;
  const centred = centredCodes(codes, zeroPoint);
  if (centred === undefined) return undefined;
  const scales = new Float32Array(filters).map((_, o) => Number(scale.data[scale.data.length === 1 ? 0 : o]));
  return { codes: centred, dims: codes.dims as unknown as WeightCodes['dims'], scales };
}

/** Returns the codes less their zero points, where they fit int8. */
function centredCodes(codes: Tensor, zeroPoint: Tensor | undefined): Int8Array | undefined {
  if (codes.dtype !== 'int8' && codes.dtype !== 'int4' && codes.dtype !== 'uint8') return undefined;
  const given = codes.data as Int8Array | Uint8Array;
  const zeros = Int16Array.from(zeroPoint?.data ?? [0], Number);
  if (zeros.length !== 1 && zeros.length !== codes.dims[0]) return undefined;
  if (codes.dtype !== 'uint8' && zeros.every((zero) => zero === 0)) return given as Int8Array;
  const size = given.length / zeros.length;
  const centred = Int16Array.from(given, (code, i) => code - zeros[Math.floor(i / size)]!);
  return centred.every((code) => code >= -128 && code <= 127) ? Int8Array.from(centred) : undefined;
}

/** Weights and bias as integer arithmetic takes them. */
export interface IntegerWeights extends WeightCodes {
  /** `[O]`, in steps of `inputScale * scales[o]`. */
  readonly bias: Int32Array;
}

/**
 * Returns weights with their bias in int32; `undefined` where the bias is not constant.
 *
 * A channel whose bias does not fit has weights so small beside it that codes on a larger scale are as good: their error is
 * below 2^-31 of the bias for every product.
 *
 * @param bias name of the bias; zeros where there is none
 */
export function integerWeights(
  translation: Translation,
  { weights, bias, inputScale }: { weights: WeightCodes; bias: string | undefined; inputScale: number },
): IntegerWeights | undefined {
  const count = weights.scales.length;
  const values = (bias ?? '') === '' ? new Float64Array(count) : constantValues(translation, bias!);
  if (values?.length !== count) return undefined;
  const scales = Float32Array.from(weights.scales);
  const codes = Int8Array.from(weights.codes);
  const size = codes.length / count;
  for (const [o, value] of values.entries()) {
    if (Math.abs(value / (inputScale * scales[o]!)) < maxBias) continue;
    scales[o] = Math.sign(scales[o]!) * (Math.abs(value) / inputScale / (maxBias / 2));
    const shrink = weights.scales[o]! / scales[o]!;
    for (let i = o * size; i < (o + 1) * size; i++) codes[i] = roundHalfToEven(codes[i]! * shrink);
  }
  const integers = values.map((value, o) => roundHalfToEven(value / (inputScale * scales[o]!)));
  return { ...weights, codes, scales, bias: Int32Array.from(integers) };
}

/** Leaves room for the products: 2^16 of them fit beside it. */
const maxBias = 2 ** 30;

/** Of float32 or of dequantized int32. */
function constantValues(translation: Translation, name: string): Float64Array | undefined {
  const constant = translation.constant(name);
  if (constant?.dtype === 'float32') return Float64Array.from(constant.data as Float32Array);
  const node = translation.producer(name);
  if (node?.opType !== 'DequantizeLinear') return undefined;
  const [codes, scale, zeroPoint] = node.inputs.map((input) => translation.constant(input));
  if (codes?.dtype !== 'int32' || scale?.dtype !== 'float32') return undefined;
  const zeros = (zeroPoint?.data ?? new Int32Array(1)) as Int32Array;
  const scales = scale.data as Float32Array;
  const isSized = scales.length === 1 || scales.length === codes.data.length;
  if (!isSized || zeros.some((zero) => zero !== 0)) return undefined;
  const scaleOf = (o: number) => scales[scales.length === 1 ? 0 : o]!;
  return Float64Array.from(codes.data as Int32Array, (code, o) => code * scaleOf(o));
}
