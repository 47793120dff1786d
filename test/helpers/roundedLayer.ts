import { float32Tensor } from '../../runtime/graph/tensor.js';
import { correlatedRows, product } from './correlatedRows.js';
import { gaussian } from './distributions.js';

/** `|X (w - w^)|^2`, over all channels. */
export function outputError(
  gram: Float64Array,
  weights: ArrayLike<number>,
  rounded: ArrayLike<number>,
): number {
  const size = Math.sqrt(gram.length);
  let sum = 0;
  for (let start = 0; start < weights.length; start += size) {
    const error = (i: number) => weights[start + i]! - rounded[start + i]!;
    for (let i = 0; i < size; i++) {
      for (let j = 0; j < size; j++) sum += error(i) * gram[i * size + j]! * error(j);
    }
  }
  return sum;
}

/** Correlated inputs of a layer, four times as many rows as there are inputs, and Gaussian weights. */
export function layer({ channels, size, seed }: { channels: number; size: number; seed: number }) {
  const inputs = correlatedRows({ rows: 4 * size, size, seed });
  const weights = float32Tensor([channels, size, 1, 1], gaussian(channels * size, seed + 1));
  return { inputs, gram: product(inputs, inputs, size), weights };
}
