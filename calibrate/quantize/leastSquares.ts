import { solveInPlace } from './cholesky.js';
import type { GramFactor } from './gramFactor.js';

/**
 * The damping that least squares wants: much more than rounding, as 8192 rows of 32 images are far from independent. Over the layers
 * of YOLOX-Nano and YOLO-Fastest at 4 bits, 0.5 to 2 leave the least error at the outputs on other images, 1 and 3 % less than 0.1.
 */
export const ridge = 1;

/**
 * Returns the weights `[rows, K]` that make of the quantized network's inputs Xq what `weights` W make of the
 * float network's Xf, as far as these inputs tell:
 *
 *     W* = argmin |Xf W^T - Xq W*^T|^2 + lambda |W* - W|^2
 *        = W + W (Xf^T Xq - Xq^T Xq) (Xq^T Xq + lambda I)^-1
 *
 * with the factor's damping as lambda. The pull is towards W, not towards zero, so an input that is always
 * zero keeps its weights, and W* is W where the two networks agree.
 *
 * @param weights `[rows, K]`, not changed
 * @param inputs `gram` Xq^T Xq, the one of `factor`, and `cross` Xq^T Xf, both `[K, K]`
 */
export function leastSquaresWeights(
  weights: Float64Array,
  { gram, cross }: { gram: Float64Array; cross: Float64Array },
  { size, order, factor }: GramFactor,
): Float64Array {
  const changes = differenceSeen(weights, { gram, cross }, order);
  solveInPlace(factor, size, changes);
  const result = Float64Array.from(weights);
  for (let start = 0; start < result.length; start += size) {
    for (let i = 0; i < size; i++) result[start + order[i]!]! += changes[start + i]!;
  }
  return result;
}

/** Returns `W (cross - gram)^T`, `[rows, K]`, its columns in `order`. */
function differenceSeen(
  weights: Float64Array,
  { gram, cross }: { gram: Float64Array; cross: Float64Array },
  order: Uint32Array,
): Float64Array {
  const size = order.length;
  const result = new Float64Array(weights.length);
  const difference = new Float64Array(size);
  for (let i = 0; i < size; i++) {
    const row = order[i]! * size;
    for (let j = 0; j < size; j++) difference[j] = cross[row + j]! - gram[row + j]!;
    for (let start = 0; start < weights.length; start += size) {
      let sum = 0;
      for (let j = 0; j < size; j++) sum += weights[start + j]! * difference[j]!;
      result[start + i] = sum;
    }
  }
  return result;
}
