import { freshName } from '../freshName.js';
import { type Graph, intAttribute, type Node, producers } from '../graph.js';
import { fixedDims, tensorTypes } from '../tensorTypes.js';
import { namedAxes } from './namedAxes.js';
import { removeDeadNodes } from './removeDeadNodes.js';

/**
 * Returns the graph with every sum of several tensors as a chain of Adds, which engines have integer forms of: a Sum, and the
 * ReduceSum over an axis along which tensors were stacked for it, as in EfficientDet's weighted sums.
 *
 * @param graph with all shapes; those of sums on the way are left to `inferShapes`
 */
export function sumsAsAdds(graph: Graph): Graph {
  const makers = producers(graph);
  const types = tensorTypes(graph);
  const isTaken = (name: string) => makers.has(name) || graph.initializers.has(name);
  const nodes = graph.nodes.flatMap((node): readonly Node[] => {
    const terms =
      node.domain === '' ? (sumTerms(node) ?? stackedTerms(node, { graph, makers, types })) : undefined;
    const [result = ''] = node.outputs;
    if (terms === undefined) return [node];
    return terms.slice(1).map((term, i): Node => {
      const nameOf = (count: number) =>
        count === terms.length - 1 ? result : freshName(`${result}/sum_${count}`, isTaken);
      const inputs = [i === 0 ? terms[0]! : nameOf(i), term];
      const output = nameOf(i + 1);
      const name = output === result ? node.name : output;
      return { ...node, name, opType: 'Add', inputs, outputs: [output], attributes: new Map() };
    });
  });
  return nodes.some((node, i) => node !== graph.nodes[i]) ? removeDeadNodes({ ...graph, nodes }) : graph;
}

function sumTerms({ opType, inputs }: Node): readonly string[] | undefined {
  return opType === 'Sum' && inputs.length > 1 ? inputs : undefined;
}

function stackedTerms(
  node: Node,
  {
    graph,
    makers,
    types,
  }: {
    readonly graph: Graph;
    readonly makers: ReadonlyMap<string, Node>;
    readonly types: ReturnType<typeof tensorTypes>;
  },
): readonly string[] | undefined {
  const stack = makers.get(node.inputs[0]!);
  if (node.opType !== 'ReduceSum' || stack?.opType !== 'Concat' || stack.inputs.length < 2) return undefined;
  if (intAttribute(node, 'keepdims', 1) !== 0) return undefined;
  const rank = fixedDims(types.get(stack.outputs[0]!))?.length ?? 0;
  const axesOf = (of: Node) => String(namedAxes(of, rank, graph));
  const joined = intAttribute(stack, 'axis', 0);
  const axis = String(joined < 0 ? joined + rank : joined);
  const terms = stack.inputs.flatMap((name) => {
    const lifted = makers.get(name);
    return lifted?.opType === 'Unsqueeze' && axesOf(lifted) === axis ? [lifted.inputs[0]!] : [];
  });
  return axesOf(node) === axis && terms.length === stack.inputs.length ? terms : undefined;
}
