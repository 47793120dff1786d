import { type Graph, intsAttribute, type Node } from '../../graph/graph.js';
import { explicitPads } from '../../graph/passes/explicitPads.js';
import { float32Tensor, int64Tensor } from '../../graph/tensor.js';
import { Additions } from './additions.js';

/**
 * Returns the graph with the padding of each MaxPool, what `auto_pad` and `ceil_mode` leave to be worked out included, as a Pad of the
 * least of all values before it: WebNN computes padded pools wrongly (Chromium 147).
 *
 * @param graph with all shapes
 */
export function padsBeforePools(graph: Graph): Graph {
  const explicit = explicitPads(graph);
  const added = new Additions(explicit);
  const nodes = explicit.nodes.flatMap((node): Node[] => {
    const pads = node.opType === 'MaxPool' && node.domain === '' ? intsAttribute(node, 'pads', []) : [];
    if (pads.every((pad) => pad === 0)) return [node];
    const axes = pads.length / 2;
    const amounts = int64Tensor([0, 0, ...pads.slice(0, axes), 0, 0, ...pads.slice(axes)]);
    const least = float32Tensor([], Float32Array.of(Number.NEGATIVE_INFINITY));
    const [input] = node.inputs as [string];
    const around = [added.constant(`${input}/pads`, amounts), added.constant(`${input}/least`, least)];
    const pad = added.node(`${input}/padded`, 'Pad', [input, ...around]);
    const attributes = new Map([...node.attributes].filter(([name]) => name !== 'pads'));
    return [pad, { ...node, inputs: pad.outputs, attributes }];
  });
  return nodes.length === explicit.nodes.length
    ? explicit
    : { ...explicit, nodes, initializers: added.initializers };
}
