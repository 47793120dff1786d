import { type Graph, intAttribute, intsAttribute, type Node } from '../../../runtime/graph/graph.js';
import { fixedDims, tensorTypes } from '../../../runtime/graph/tensorTypes.js';
import type { ChannelMove } from './channelClasses.js';

/**
 * Returns a function from a node that only moves channels, unchanged and whole, to where it moves them; `undefined` for
 * other nodes. Concat, Split and Slice are told from their own axes; a channel shuffle, three nodes, from its first.
 *
 * @param onlyReader the one node that reads what a node makes
 */
export function channelMoves(
  graph: Graph,
  onlyReader: (node: Node) => Node | undefined,
): (node: Node) => readonly ChannelMove[] | undefined {
  const types = tensorTypes(graph);
  const dimsOf = (name: string): readonly number[] => fixedDims(types.get(name)) ?? [];
  const intsOf = (name: string | undefined): readonly number[] | undefined => {
    const tensor = name === undefined ? undefined : graph.initializers.get(name);
    return tensor && Array.from(tensor.data as BigInt64Array | Int32Array, Number);
  };

  function concat(node: Node): ChannelMove[] {
    const whole = node.outputs[0]!;
    const isOverChannels = axisOf(node, { rank: dimsOf(whole).length }) === 1;
    return stacked(node.inputs, { whole, isOverChannels });
  }

  function split(node: Node): ChannelMove[] {
    const whole = node.inputs[0]!;
    const isOverChannels = axisOf(node, { rank: dimsOf(whole).length }) === 1;
    return stacked(node.outputs, { whole, isOverChannels });
  }

  /** @param parts of `whole`, one behind the other */
  function stacked(
    parts: readonly string[],
    { whole, isOverChannels }: { whole: string; isOverChannels: boolean },
  ): ChannelMove[] {
    let end = 0;
    return parts.map((part) => {
      const count = dimsOf(part)[1] ?? 0;
      const start = isOverChannels ? end : 0;
      end += count;
      return { from: { tensor: part, start: 0, step: 1 }, to: { tensor: whole, start, step: 1 }, count };
    });
  }

  function slice({ inputs, outputs }: Node): ChannelMove[] | undefined {
    const [input = '', startsName, , axesName, stepsName] = inputs;
    const output = outputs[0]!;
    const { length: rank, 1: channels = 0 } = dimsOf(input);
    const starts = intsOf(startsName);
    const axes = axesName ? intsOf(axesName) : starts?.map((_, axis) => axis);
    const steps = stepsName ? intsOf(stepsName) : starts?.map(() => 1);
    if (!starts || !axes || !steps) return undefined;
    const place = axes.findIndex((axis) => (axis < 0 ? axis + rank : axis) === 1);
    const [asked, step] = place < 0 ? [0, 1] : [starts[place]!, steps[place]!];
    if (step < 1) return undefined;
    const start = Math.max(0, asked < 0 ? asked + channels : asked);
    const count = dimsOf(output)[1] ?? 0;
    return [{ from: { tensor: input, start, step }, to: { tensor: output, start: 0, step: 1 }, count }];
  }

  /** A channel shuffle: `[1, groups, width, H, W]` with groups and width transposed. */
  function shuffle(node: Node): ChannelMove[] | undefined {
    const transpose = onlyReader(node);
    const back = transpose && onlyReader(transpose);
    if (transpose?.opType !== 'Transpose' || back?.opType !== 'Reshape') return undefined;
    const [input, output] = [node.inputs[0]!, back.outputs[0]!];
    const [, channels, ...area] = dimsOf(input);
    const [batch, groups = 0, width = 0, ...partArea] = dimsOf(node.outputs[0]!);
    const isShuffle =
      intsAttribute(transpose, 'perm', []).join() === '0,2,1,3,4' &&
      batch === 1 &&
      groups * width === channels &&
      partArea.join() === area.join() &&
      dimsOf(output).join() === dimsOf(input).join();
    if (!isShuffle) return undefined;
    return Array.from({ length: groups }, (_, group) => ({
      from: { tensor: input, start: group * width, step: 1 },
      to: { tensor: output, start: group, step: groups },
      count: width,
    }));
  }

  return (node) => {
    switch (node.opType) {
      case 'Concat':
        return concat(node);
      case 'Split':
        return split(node);
      case 'Slice':
        return slice(node);
      case 'Reshape':
        return shuffle(node);
      default:
        return undefined;
    }
  };
}

/** The axis of a Concat or Split, from 0 up. */
function axisOf(node: Node, { rank }: { rank: number }): number {
  const axis = intAttribute(node, 'axis', 0);
  return axis < 0 ? axis + rank : axis;
}
