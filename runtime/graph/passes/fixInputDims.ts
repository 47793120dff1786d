import { AgentError } from '../../errors.js';
import type { Graph } from '../graph.js';

/**
 * Returns the graph with the dimensions of the named inputs fixed, such as a dynamic batch size to 1. What was known of
 * other tensors' dimensions is dropped, for it may depend on these: run `inferShapes` next.
 *
 * @throws AgentError `shape_mismatch` when an input has another rank or another fixed dimension
 */
export function fixInputDims(graph: Graph, dimsByInput: ReadonlyMap<string, readonly number[]>): Graph {
  const inputs = graph.inputs.map((input) => {
    const dims = dimsByInput.get(input.name) ?? input.dims;
    const fits =
      dims.length === input.dims.length &&
      input.dims.every((size, axis) => typeof size !== 'number' || size === dims[axis]);
    if (fits) return { ...input, dims };
    throw new AgentError(
      'shape_mismatch',
      `input "${input.name}" is [${input.dims}], which [${dims}] does not fit`,
      {
        detail: { where: input.name, expected: dims, got: input.dims },
      },
    );
  });
  return { ...graph, inputs, values: new Map() };
}
