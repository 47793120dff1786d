import { type Graph, intAttribute, intsAttribute, type Node, producers, stringAttribute } from '../graph.js';
import { fixedDims, tensorTypes } from '../tensorTypes.js';
import { windowPads } from '../windowPads.js';
import { removeDeadNodes } from './removeDeadNodes.js';

/**
 * Returns the graph with the padding of every Conv and MaxPool in its `pads`: what `auto_pad` and `ceil_mode` leave to be worked
 * out, and the zeros that a Pad puts around what a Conv reads or the least of all values around what a MaxPool does. Computes the
 * same.
 *
 * @param graph with all shapes
 */
export function explicitPads(graph: Graph): Graph {
  const types = tensorTypes(graph);
  const dims = (tensor: string) => fixedDims(types.get(tensor)) ?? [];
  const makers = producers(graph);
  const nodes = graph.nodes.map((node) => {
    if (node.domain !== '' || !(node.opType === 'Conv' || node.opType === 'MaxPool')) return node;
    const padded = isWorkedOut(node) ? withPads(node, { dims }) : node;
    const pad = makers.get(node.inputs[0]!);
    const around = pad && padsOf(pad, { of: neutral[node.opType], graph });
    return around ? joined(padded, { source: pad.inputs[0]!, around }) : padded;
  });
  return nodes.some((node, i) => node !== graph.nodes[i]) ? removeDeadNodes({ ...graph, nodes }) : graph;
}

function isWorkedOut(node: Node): boolean {
  return stringAttribute(node, 'auto_pad', 'NOTSET') !== 'NOTSET' || intAttribute(node, 'ceil_mode', 0) === 1;
}

function withPads(node: Node, { dims }: { dims: (tensor: string) => readonly number[] }): Node {
  const [input, output] = [dims(node.inputs[0]!), dims(node.outputs[0]!)];
  const kernel =
    node.opType === 'Conv' ? dims(node.inputs[1]!).slice(2) : intsAttribute(node, 'kernel_shape', []);
  const pads = kernel.map((size, axis) =>
    windowPads(node, { axis, size: input[axis + 2]!, count: output[axis + 2]!, kernel: size }),
  );
  return written(node, [...pads.map(([begin]) => begin), ...pads.map(([, end]) => end)]);
}

function written(node: Node, pads: readonly number[]): Node {
  const attributes = new Map(node.attributes);
  attributes.delete('auto_pad');
  attributes.delete('ceil_mode');
  attributes.set('pads', { type: 'ints', value: pads.map(BigInt) });
  return { ...node, attributes };
}

/** What an operator's own padding counts as. */
const neutral: Readonly<Record<string, number>> = { Conv: 0, MaxPool: Number.NEGATIVE_INFINITY };

/** Returns how much of the value `of` a Pad puts around the spatial axes, begins and ends; `undefined` where it does anything else. */
function padsOf(
  { opType, domain, inputs, attributes }: Node,
  { of, graph: { initializers } }: { of: number | undefined; graph: Graph },
): readonly number[] | undefined {
  const [, padsName = '', value = '', axes = ''] = inputs;
  const pads = initializers.get(padsName);
  const filling = value === '' ? 0 : initializers.get(value)?.data[0];
  const isConstant = (attributes.get('mode')?.value ?? 'constant') === 'constant';
  if (opType !== 'Pad' || domain !== '' || axes !== '' || pads?.dtype !== 'int64') return undefined;
  const amounts = Array.from(pads.data as BigInt64Array, Number);
  const rank = amounts.length / 2;
  const isSpatial = amounts.every((amount, i) => amount >= 0 && (amount === 0 || i % rank >= 2));
  return filling === of && isConstant && isSpatial ? amounts.filter((_, i) => i % rank >= 2) : undefined;
}

function joined(node: Node, { source, around }: { source: string; around: readonly number[] }): Node {
  const own = intsAttribute(node, 'pads', []);
  const pads = around.map((amount, i) => amount + (own[i] ?? 0));
  return written({ ...node, inputs: [source, ...node.inputs.slice(1)] }, pads);
}
