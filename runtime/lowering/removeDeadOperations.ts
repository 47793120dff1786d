import { type IntegerGraph, type Operation, operationInputs } from './integerGraph.js';

/** Returns the graph without the operations, tensors and images that no output depends on. */
export function removeDeadOperations(graph: IntegerGraph): IntegerGraph {
  const live = new Set(graph.outputs.map(({ tensor }) => tensor));
  const operations: Operation[] = [];
  for (const operation of graph.operations.toReversed()) {
    if (!live.has(operation.output)) continue;
    operations.push(operation);
    for (const input of operationInputs(operation)) live.add(input);
  }
  return {
    ...graph,
    inputs: graph.inputs.filter(({ name }) => live.has(name)),
    tensors: new Map([...graph.tensors].filter(([name]) => live.has(name))),
    operations: operations.reverse(),
  };
}
