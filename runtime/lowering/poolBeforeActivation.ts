import type { ActivationOperation, IntegerGraph, Operation, Pooling } from './integerGraph.js';
import { readersOf, soleReader } from './readers.js';

/**
 * Returns the graph with every maximum pool behind a LeakyReLU before it, where there are fewer values. Both orders give the
 * same codes, for the function never falls.
 */
export function poolBeforeActivation(graph: IntegerGraph): IntegerGraph {
  const readers = readersOf(graph);
  const tensors = new Map(graph.tensors);
  const replaced = new Map<Operation, Operation>();
  for (const operation of graph.operations) {
    if (operation.kind !== 'activation' || !neverFalls(operation)) continue;
    const pool = soleReader(operation.output, { graph, readers });
    if (pool?.kind !== 'maxPool') continue;
    const pooled = `${pool.output}/before_activation`;
    tensors.set(pooled, {
      shape: graph.tensors.get(pool.output)!.shape,
      grid: graph.tensors.get(operation.input)!.grid,
    });
    tensors.delete(operation.output);
    const first: Pooling = { ...pool, input: operation.input, output: pooled };
    const second: ActivationOperation = { ...operation, input: pooled, output: pool.output };
    replaced.set(operation, first);
    replaced.set(pool, second);
  }
  const operations = graph.operations.map((operation) => replaced.get(operation) ?? operation);
  return { ...graph, tensors, operations };
}

function neverFalls({ activation }: ActivationOperation): boolean {
  return activation.name === 'leakyRelu' && activation.slope >= 0;
}
