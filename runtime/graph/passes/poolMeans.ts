import { type Graph, intAttribute, type Node } from '../graph.js';
import { fixedDims, tensorTypes } from '../tensorTypes.js';
import { namedAxes } from './namedAxes.js';

/**
 * Returns the graph with every ReduceMean over the two spatial axes of an image, which they keep, as the GlobalAveragePool that
 * it is: engines have integer forms of that alone.
 *
 * @param graph with all shapes
 */
export function poolMeans(graph: Graph): Graph {
  const types = tensorTypes(graph);
  const isImage = (tensor: string) => fixedDims(types.get(tensor))?.length === 4;
  const isPool = (node: Node) =>
    node.opType === 'ReduceMean' &&
    node.domain === '' &&
    isImage(node.inputs[0]!) &&
    intAttribute(node, 'keepdims', 1) === 1 &&
    String(namedAxes(node, 4, graph)) === '2,3';
  if (!graph.nodes.some(isPool)) return graph;
  const nodes = graph.nodes.map(
    (node): Node =>
      isPool(node)
        ? { ...node, opType: 'GlobalAveragePool', inputs: node.inputs.slice(0, 1), attributes: new Map() }
        : node,
  );
  return { ...graph, nodes };
}
