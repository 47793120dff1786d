import { type ChannelOf, channelRuns, channelsOf } from '../channelRuns.js';
import type {
  ChannelGathering,
  Convolution,
  IntegerGraph,
  IntegerTensor,
  Operation,
} from '../integerGraph.js';
import { removeDeadOperations } from '../removeDeadOperations.js';
import type { ChannelAlignment } from './channelAlignment.js';
import { isDepthwise } from './channelClasses.js';
import { type ChannelLayout, channelLayouts, padding } from './channelLayouts.js';

/**
 * Returns the graph with the channels of every tensor where they serve best: those that are read together lie together, so
 * that shuffles become the order of a convolution's filters and gatherings a few long copies; and every tensor has as many
 * channels as the back end's kernels are quick for. What it computes is the same to the bit.
 *
 * Tensors that leave the graph keep their channels; an image may get more at the end.
 */
export function layoutChannels(graph: IntegerGraph, alignment: ChannelAlignment): IntegerGraph {
  const layouts = channelLayouts(graph, alignment);
  const layoutOf = (tensor: string): ChannelLayout => layouts.get(tensor)!;
  const tensors = new Map(
    [...graph.tensors].map(([name, tensor]) => [name, withChannels(tensor, layoutOf(name).length)]),
  );
  const leaves = new Set(graph.outputs.map(({ tensor }) => tensor));
  /** Gathered tensors that turned out to be the one that they are gathered of. */
  const sources = new Map<string, string>();
  const operations: Operation[] = [];
  for (const operation of graph.operations) {
    if (operation.kind === 'gatherChannels') {
      const moved = movedGathering(operation, layoutOf);
      const source = wholeSource(moved, tensors);
      if (source !== undefined && !leaves.has(operation.output)) sources.set(operation.output, source);
      else operations.push(moved);
    } else {
      const moved = operation.kind === 'convolution' ? movedConvolution(operation, layoutOf) : operation;
      operations.push(readingFrom(moved, sources));
    }
  }
  return removeDeadOperations({ ...graph, tensors, operations });
}

function withChannels(
  { shape: [batch, height, width], grid }: IntegerTensor,
  channels: number,
): IntegerTensor {
  return { grid, shape: [batch, height, width, channels] };
}

type Ungathered = Exclude<Operation, ChannelGathering>;

function readingFrom(operation: Ungathered, sources: ReadonlyMap<string, string>): Ungathered {
  const named = (tensor: string): string => sources.get(tensor) ?? tensor;
  if (operation.kind === 'floatPart') return { ...operation, inputs: operation.inputs.map(named) };
  return 'inputs' in operation
    ? { ...operation, inputs: [named(operation.inputs[0]), named(operation.inputs[1])] }
    : { ...operation, input: named(operation.input) };
}

/** The tensor all of whose channels, in order, are what is gathered. */
function wholeSource(
  { runs: [run, ...others] }: ChannelGathering,
  tensors: IntegerGraph['tensors'],
): string | undefined {
  if (run === undefined || run.tensor === null || others.length > 0) return undefined;
  return run.start === 0 && run.size === tensors.get(run.tensor)!.shape[3] ? run.tensor : undefined;
}

type LayoutOf = (tensor: string) => ChannelLayout;

function movedGathering(gathering: ChannelGathering, layoutOf: LayoutOf): ChannelGathering {
  const wanted = channelsOf(gathering.runs);
  const places = new Map<string, ReadonlyMap<number, number>>();
  const placeOf = (tensor: string, channel: number): number => {
    const known = places.get(tensor) ?? new Map(layoutOf(tensor).map((held, place) => [held, place]));
    places.set(tensor, known);
    return known.get(channel)!;
  };
  const moved: ChannelOf[] = [];
  for (const channel of layoutOf(gathering.output)) {
    const source = channel === padding ? undefined : wanted[channel]!;
    if (source !== undefined && source.tensor !== null) {
      moved.push({ tensor: source.tensor, channel: placeOf(source.tensor, source.channel) });
      continue;
    }
    // Padding is best taken from where the last run ends, if there is some: a longer run costs nothing.
    const last = moved.at(-1);
    const next = last?.tensor == null ? undefined : layoutOf(last.tensor)[last.channel + 1];
    moved.push(
      next === undefined || next !== padding
        ? { tensor: null, channel: 0 }
        : { tensor: last!.tensor, channel: last!.channel + 1 },
    );
  }
  return { ...gathering, runs: channelRuns(moved) };
}

function movedConvolution(convolution: Convolution, layoutOf: LayoutOf): Convolution {
  const from = layoutOf(convolution.input);
  const to = layoutOf(convolution.output);
  if (isDepthwise(convolution)) {
    return { ...convolution, ...movedFilters(convolution, { to, from: [0] }), groups: to.length };
  }
  return convolution.groups === 1
    ? { ...convolution, ...movedFilters(convolution, { to, from }) }
    : convolution;
}

/** Weights, scales and bias in another order of filters and of what each reads; zeros for padding. */
function movedFilters(
  { weights, weightShape: [, height, width, depth], weightScales, bias }: Convolution,
  { to, from }: { readonly to: ChannelLayout; readonly from: ChannelLayout },
): Pick<Convolution, 'weights' | 'weightShape' | 'weightScales' | 'bias'> {
  const area = height * width;
  const moved = new Int8Array(to.length * area * from.length);
  for (const [place, filter] of to.entries()) {
    if (filter === padding) continue;
    for (let at = 0; at < area; at++)
      for (const [k, channel] of from.entries())
        if (channel !== padding)
          moved[(place * area + at) * from.length + k] = weights[(filter * area + at) * depth + channel]!;
  }
  return {
    weights: moved,
    weightShape: [to.length, height, width, from.length],
    weightScales: Float32Array.from(to, (filter) => (filter === padding ? 1 : weightScales[filter]!)),
    bias: Int32Array.from(to, (filter) => (filter === padding ? 0 : bias[filter]!)),
  };
}
