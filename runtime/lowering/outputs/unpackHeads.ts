import type { IntegerGraph } from '../integerGraph.js';
import { unpackOutputs } from './unpackOutputs.js';

/** Returns the graph with its outputs in the pieces in which its heads leave them. */
export function unpackHeads(graph: IntegerGraph): IntegerGraph {
  const features = graph.outputs.map(({ floatName }) => floatName);
  const { graph: tail, unpacked } = unpackOutputs(graph.tail, {
    features,
    isTaken: (name) => graph.tensors.has(name),
  });
  return { ...graph, tail, unpacked };
}
