import { namesRead } from '../../graph/codec/capturedNames.js';
import type { Graph } from '../../graph/graph.js';

/** Returns the tensors that a convolution depends on. */
export function tensorsBeforeConvolutions({ nodes }: Graph): ReadonlySet<string> {
  const found = new Set<string>();
  for (const node of nodes.toReversed())
    if (node.opType === 'Conv' || node.outputs.some((output) => found.has(output)))
      for (const read of namesRead(node)) found.add(read);
  return found;
}
