import { AgentError } from '../errors.js';
import type { TensorType } from '../graph/passes/shapes/rule.js';
import { elementCount, type Tensor } from '../graph/tensor.js';
import type { TensorMap } from './engine.js';

/**
 * Returns the feed of that name.
 *
 * @throws AgentError `engine_run_failed` when it is missing or not of the input's type
 */
export function readFeed(feeds: TensorMap, name: string, expected: TensorType): Tensor {
  const got = feeds[name];
  const count = elementCount(expected.dims);
  const fits = got?.dtype === expected.dtype && String(got.dims) === String(expected.dims);
  if (got !== undefined && fits && got.data.length === count) return got;
  const found = got === undefined ? 'none' : `${typeName(got)} of ${got.data.length} elements`;
  const message = `input "${name}": expected ${typeName(expected)} of ${count} elements, got ${found}`;
  throw new AgentError('engine_run_failed', message, { detail: { where: name } });
}

function typeName({ dtype, dims }: TensorType): string {
  return `${dtype}[${dims}]`;
}
