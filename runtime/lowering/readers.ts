import { type IntegerGraph, type Operation, operationInputs } from './integerGraph.js';

/** Returns the operations that read each tensor, in order, by tensor name. Outputs of the graph are no readers. */
export function readersOf(graph: IntegerGraph): ReadonlyMap<string, readonly Operation[]> {
  const readers = new Map<string, Operation[]>();
  for (const operation of graph.operations)
    for (const input of operationInputs(operation)) {
      const known = readers.get(input);
      if (known) known.push(operation);
      else readers.set(input, [operation]);
    }
  return readers;
}

/** Returns the only reader of a tensor that is no output of the graph, else `undefined`. */
export function soleReader(
  tensor: string,
  { graph, readers }: { graph: IntegerGraph; readers: ReadonlyMap<string, readonly Operation[]> },
): Operation | undefined {
  const all = readers.get(tensor) ?? [];
  const leaves = graph.outputs.some((output) => output.tensor === tensor);
  return all.length === 1 && !leaves ? all[0] : undefined;
}
