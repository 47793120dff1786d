import { AgentError } from '../../runtime/errors.js';
import { factorInPlace } from './cholesky.js';

/** Share of the Gram matrix's mean diagonal that is added to its diagonal (GPTQ, arXiv 2210.17323, 3.3). */
export const defaultDamping = 0.01;

/** Times that damping is raised tenfold: by then it outweighs all else of a finite matrix. */
const raises = 6;

/** A damped Gram matrix, its inputs in ascending order of their power, as `L D L^T` (cholesky.ts). */
export interface GramFactor {
  /** K: the number of inputs. */
  readonly size: number;
  /** `[K]`: which input stands at each position; of equal ones the later first. */
  readonly order: Uint32Array;
  /** `[K, K]` by position. */
  readonly factor: Float64Array;
  /** What was added to the diagonal. */
  readonly added: number;
}

/**
 * Returns the factor of `gram + damping * mean(diagonal) * I`, with ten times the damping as often as it takes
 * for the matrix to be positive definite. An input that is always zero, a dead channel, is left with the
 * damping alone, apart from all others; where all are, 1 is added.
 *
 * @param gram `[K, K]`, symmetric, not changed
 * @throws AgentError `activations_not_finite`
 */
export function factorGram(gram: Float64Array, { damping = defaultDamping } = {}): GramFactor {
  const size = Math.sqrt(gram.length);
  const power = Float64Array.from({ length: size }, (_, i) => gram[i * size + i]!);
  const order = Uint32Array.from(power.keys()).sort((a, b) => power[a]! - power[b]! || b - a);
  const mean = power.reduce((sum, value) => sum + value, 0) / size;
  let added = mean > 0 ? damping * mean : 1;
  for (let raise = 0; raise <= raises; raise++, added *= 10) {
    const factor = permuted(gram, order);
    for (let i = 0; i < size; i++) factor[i * size + i]! += added;
    if (factorInPlace(factor, size)) return { size, order, factor, added };
  }
  throw new AgentError(
    'activations_not_finite',
    `expected a finite Gram matrix of a layer's inputs, got one of mean power ${mean} that no damping makes positive definite`,
  );
}

/** Returns the matrix with rows and columns in `order`. */
function permuted(matrix: Float64Array, order: Uint32Array): Float64Array {
  const size = order.length;
  const result = new Float64Array(size * size);
  for (let i = 0; i < size; i++) {
    const row = order[i]! * size;
    for (let j = 0; j < size; j++) result[i * size + j] = matrix[row + order[j]!]!;
  }
  return result;
}
