import { namesRead } from '../codec/capturedNames.js';
import { type Graph, type Node, producers } from '../graph.js';

/** Returns the nodes that `targets` depend on; tensors in `boundary` count as given, so nothing before them does. */
export function liveNodes(
  graph: Graph,
  { targets, boundary = new Set() }: { targets: readonly string[]; boundary?: ReadonlySet<string> },
): Set<Node> {
  const makers = producers(graph);
  const live = new Set<Node>();
  const pending = [...targets];
  while (pending.length > 0) {
    const name = pending.pop()!;
    const maker = boundary.has(name) ? undefined : makers.get(name);
    if (maker === undefined || live.has(maker)) continue;
    live.add(maker);
    pending.push(...namesRead(maker));
  }
  return live;
}
