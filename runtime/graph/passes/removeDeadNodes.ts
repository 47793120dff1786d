import { namesRead } from '../codec/capturedNames.js';
import type { Graph } from '../graph.js';
import { liveNodes } from './liveNodes.js';

/**
 * Returns the graph without nodes that no output depends on, and without the initializers and types that nothing
 * uses then. Inputs and outputs stay as they are.
 */
export function removeDeadNodes(graph: Graph): Graph {
  const outputs = graph.outputs.map(({ name }) => name);
  const live = liveNodes(graph, { targets: outputs });
  const nodes = graph.nodes.filter((node) => live.has(node));
  const read = new Set([...nodes.flatMap(namesRead), ...outputs]);
  const made = new Set(nodes.flatMap((node) => node.outputs));
  return {
    ...graph,
    nodes,
    initializers: new Map([...graph.initializers].filter(([name]) => read.has(name))),
    values: new Map([...graph.values].filter(([name]) => made.has(name))),
  };
}
