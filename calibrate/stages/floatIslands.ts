import { consumers, type Graph } from '../../runtime/graph/graph.js';
import type { SensitivePreActivation } from './preActivations.js';

/**
 * Returns the tensors that are to stay float (`PlanOptions.floatTensors`) so that the layers run in float that `float`
 * mends: what their convolutions write, and on the way to what the activation makes its gates and what those read.
 */
export function floatIslands(graph: Graph, findings: readonly SensitivePreActivation[]): ReadonlySet<string> {
  const readers = consumers(graph);
  const found = new Set(findings.flatMap(({ tensors, remedy }) => (remedy === 'float' ? tensors : [])));
  // The set grows while it is walked.
  for (const tensor of found) {
    for (const { opType, inputs, outputs } of readers.get(tensor) ?? []) {
      const isScaled = opType === 'Mul' && inputs.some((input) => graph.initializers.has(input));
      if (isScaled || gates.has(opType)) found.add(outputs[0]!);
    }
  }
  return found;
}

const gates: ReadonlySet<string> = new Set(['Sigmoid', 'HardSigmoid']);
