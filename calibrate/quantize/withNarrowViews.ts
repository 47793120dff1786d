import { consumers, type Graph, type Node } from '../../runtime/graph/graph.js';
import { isNarrowView, narrowView } from './narrowView.js';
import { leavingNodes, narrowConvs, type PlanOptions, planQuantization, readsNarrow } from './plan.js';

/**
 * Returns the graph with the views that it wants at these bits, and no others: of each tensor that others read beside convolutions
 * whose inputs get fewer than 8 bits: sums, concatenations, interpolations. There the tensor keeps 8 bits, as everywhere in the literature, which
 * quantizes nothing but what convolutions read (detptq.md 1). What a layer reads that keeps 8 bits has them for all.
 *
 * @param graph from `prepareGraph`
 * @throws AgentError those of `planQuantization`
 */
export function withNarrowViews(graph: Graph, bits: PlanOptions): Graph {
  const whole = withoutViews(graph);
  if (bits.activationBits === 8) return whole;
  const plan = planQuantization(whole, bits);
  const readers = consumers(whole);
  const narrow = narrowConvs(plan.layers, bits);
  const mayBeNarrow = new Set(plan.layers.filter(readsNarrow).flatMap(({ convs }) => convs));
  const viewed = plan.grids.flatMap(({ tensors }) => {
    if (leavingNodes(tensors, readers).every((node) => narrow.has(node))) return [];
    return tensors.filter((tensor) => {
      const convs = (readers.get(tensor) ?? []).filter((node) => mayBeNarrow.has(node));
      return convs.length > 0 && convs.every((conv) => narrow.has(conv));
    });
  });
  return withViews(whole, new Set(viewed), narrow);
}

function withViews(graph: Graph, viewed: ReadonlySet<string>, readers: ReadonlySet<Node>): Graph {
  const values = new Map(graph.values);
  const made = new Set<string>();
  const nodes = graph.nodes.flatMap((node): Node[] => {
    const [source = '', ...rest] = node.inputs;
    if (!readers.has(node) || !viewed.has(source)) return [node];
    const view = narrowView(graph, source);
    const [name] = view.node.outputs as [string];
    const reading = { ...node, inputs: [name, ...rest] };
    if (made.has(name)) return [reading];
    made.add(name);
    if (view.value) values.set(name, view.value);
    return [view.node, reading];
  });
  return made.size > 0 ? { ...graph, nodes, values } : graph;
}

function withoutViews(graph: Graph): Graph {
  const sources = new Map(
    graph.nodes.filter(isNarrowView).map(({ inputs, outputs }) => [outputs[0]!, inputs[0]!]),
  );
  if (sources.size === 0) return graph;
  const nodes = graph.nodes
    .filter((node) => !isNarrowView(node))
    .map((node) => ({ ...node, inputs: node.inputs.map((input) => sources.get(input) ?? input) }));
  const values = new Map([...graph.values].filter(([name]) => !sources.has(name)));
  return { ...graph, nodes, values };
}
