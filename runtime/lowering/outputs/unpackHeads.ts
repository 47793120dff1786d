import type { IntegerGraph } from '../integerGraph.js';
import { type UnpackedGraph, unpackOutputs } from './unpackOutputs.js';

/** Returns the graph with its outputs in the pieces in which its heads leave them, and how they are joined. */
export function unpackHeads(graph: IntegerGraph): {
  readonly graph: IntegerGraph;
  readonly unpacked: UnpackedGraph['unpacked'];
} {
  const features = graph.outputs.map(({ floatName }) => floatName);
  const { graph: tail, unpacked } = unpackOutputs(graph.tail, features);
  return { graph: { ...graph, tail }, unpacked };
}
