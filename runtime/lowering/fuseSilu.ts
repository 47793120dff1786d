import type { ActivationOperation, IntegerGraph, Operation } from './integerGraph.js';
import { readersOf, soleReader } from './readers.js';
import { removeDeadOperations } from './removeDeadOperations.js';

/**
 * Returns the graph with every product of a tensor and its sigmoid as one SiLU, which back ends have cheaper forms of. The
 * codes are the same: the SiLU keeps the grid of the sigmoid.
 */
export function fuseSilu(graph: IntegerGraph): IntegerGraph {
  const readers = readersOf(graph);
  const gates = new Map<string, ActivationOperation>();
  for (const operation of graph.operations) {
    const isGate = operation.kind === 'activation' && operation.activation.name === 'sigmoid';
    if (isGate && soleReader(operation.output, { graph, readers })?.kind === 'product')
      gates.set(operation.output, operation);
  }
  const operations = graph.operations.map((operation): Operation => {
    if (operation.kind !== 'product') return operation;
    const [a, b] = operation.inputs;
    const gate =
      gates.get(b)?.input === a ? gates.get(b) : gates.get(a)?.input === b ? gates.get(a) : undefined;
    if (gate === undefined) return operation;
    const activation = { name: 'silu', gate: graph.tensors.get(gate.output)!.grid! } as const;
    return { kind: 'activation', input: gate.input, output: operation.output, activation };
  });
  return removeDeadOperations({ ...graph, operations });
}
