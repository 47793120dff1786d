import type { Graph, ValueInfo } from './graph.js';

/** Returns the type of each tensor of the graph for which it is known, by name. `inferShapes` makes all known. */
export function tensorTypes(graph: Graph): Map<string, ValueInfo> {
  const types = new Map(graph.values);
  for (const port of [...graph.inputs, ...graph.outputs]) types.set(port.name, port);
  for (const [name, { dtype, dims }] of graph.initializers) types.set(name, { name, dtype, dims });
  return types;
}

/** Returns the dimensions of a tensor, or undefined when its type is unknown or one of them is not fixed. */
export function fixedDims(value: ValueInfo | undefined): readonly number[] | undefined {
  return value?.dims.every((dim) => typeof dim === 'number') ? (value.dims as readonly number[]) : undefined;
}
