import { consumers, type Graph, type Node } from '../../runtime/graph/graph.js';
import { narrowView } from './narrowView.js';
import { leavingNodes, type PlanOptions, planQuantization, readsNarrow } from './plan.js';

/**
 * Returns the graph with a view, where it has none, of each tensor that others read beside convolutions whose inputs get fewer than 8 bits:
 * sums, concatenations, interpolations. There the tensor keeps 8 bits, as everywhere in the literature, which quantizes nothing but what
 * convolutions read (detptq.md 1). At 8 bits it is the graph itself.
 *
 * @param graph from `prepareGraph`
 * @throws AgentError those of `planQuantization`
 */
export function withNarrowViews(graph: Graph, bits: PlanOptions): Graph {
  if (bits.activationBits === 8) return graph;
  const plan = planQuantization(graph, bits);
  const readers = consumers(graph);
  const convs = new Set(plan.layers.filter(readsNarrow).flatMap((layer) => layer.convs));
  const isNarrow = (node: Node) => convs.has(node);
  const viewed = plan.grids.flatMap(({ tensors }) => {
    if (leavingNodes(tensors, readers).every(isNarrow)) return [];
    return tensors.filter((tensor) => readers.get(tensor)?.some(isNarrow));
  });
  const views = new Map(viewed.map((tensor) => [tensor, narrowView(graph, tensor)]));
  const values = new Map(graph.values);
  const made = new Set<string>();
  const nodes = graph.nodes.flatMap((node): Node[] => {
    const [source = '', ...rest] = node.inputs;
    const view = isNarrow(node) ? views.get(source) : undefined;
    if (!view) return [node];
    const [name] = view.node.outputs as [string];
    const reading = { ...node, inputs: [name, ...rest] };
    if (made.has(name)) return [reading];
    made.add(name);
    if (view.value) values.set(name, view.value);
    return [view.node, reading];
  });
  return { ...graph, nodes, values };
}
