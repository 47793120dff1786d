import { channelsOf } from '../channelRuns.js';
import { grouped } from '../grouped.js';
import type { ChannelGathering, IntegerGraph } from '../integerGraph.js';
import type { ChannelAlignment } from './channelAlignment.js';
import { type ChannelClass, channelClasses } from './channelClasses.js';

/** Where the channels of a tensor lie: for each place the channel that it holds, or `padding`. */
export type ChannelLayout = readonly number[];

/** A place that holds no channel: its codes are arbitrary, and nothing makes use of them. */
export const padding = -1;

/**
 * Returns where the channels of each tensor lie, by name.
 *
 * Channels that the same gatherings read lie together, in the order of those, so that a gathering copies few long runs.
 * What is gathered keeps the order in which it lies, so that it need not be sorted.
 */
export function channelLayouts(
  graph: IntegerGraph,
  alignment: ChannelAlignment,
): ReadonlyMap<string, ChannelLayout> {
  const classes = channelClasses(graph);
  const decided = new Map<ChannelClass, ChannelLayout>();
  const underWay = new Set<ChannelClass>();
  const layoutOf = (tensor: string): ChannelLayout => {
    const own = classes.get(tensor)!;
    const known = decided.get(own);
    if (known) return known;
    const [gathering] = own.gatherings;
    // Two classes that are gathered of each other: one of them has to begin.
    const isFree = own.isFixed || own.isImage || gathering === undefined || underWay.has(own);
    underWay.add(own);
    const layout = isFree
      ? freeLayout(own, alignment)
      : gatheredLayout(own, { gathering, layoutOf, alignment, graph });
    const first = decided.get(own) ?? layout;
    decided.set(own, first);
    return first;
  };
  return new Map([...graph.tensors.keys()].map((tensor) => [tensor, layoutOf(tensor)]));
}

function freeLayout(own: ChannelClass, alignment: ChannelAlignment): ChannelLayout {
  const inOrder = Array.from({ length: own.channels }, (_, channel) => channel);
  if (own.isFixed) return inOrder;
  if (own.isImage) return padded(inOrder, alignment.tensor);
  const parts = [...grouped(inOrder, (channel) => own.uses[channel]!.join()).values()];
  parts.sort((a, b) => firstUse(own, a) - firstUse(own, b));
  const isSplit = parts.length > 1;
  const layout = parts.flatMap((part) => (isSplit ? padded(part, alignment.part) : part));
  return padded(layout, multipleOf(own, alignment), own.hasDense ? alignment.fewest : 0);
}

function firstUse({ uses }: ChannelClass, part: readonly number[]): number {
  return uses[part[0]!]![0] ?? Number.POSITIVE_INFINITY;
}

function multipleOf({ hasDepthwise }: ChannelClass, { tensor, depthwise }: ChannelAlignment): number {
  return hasDepthwise ? Math.max(depthwise, tensor) : tensor;
}

function padded(layout: readonly number[], multiple: number, fewest = 0): number[] {
  const size = Math.ceil(Math.max(layout.length, fewest) / multiple) * multiple;
  return [...layout, ...new Array<number>(size - layout.length).fill(padding)];
}

interface Gathered {
  readonly gathering: ChannelGathering;
  readonly layoutOf: (tensor: string) => ChannelLayout;
  readonly alignment: ChannelAlignment;
  readonly graph: IntegerGraph;
}

function gatheredLayout(own: ChannelClass, gathered: Gathered): ChannelLayout {
  const { gathering, layoutOf, alignment } = gathered;
  const sources = channelsOf(gathering.runs);
  const layout: number[] = [];
  const placed = new Set<number>();
  for (const tensor of new Set(gathering.runs.flatMap((run) => run.tensor ?? []))) {
    const wanted = new Map<number, number>();
    for (const [channel, source] of sources.entries())
      if (source.tensor === tensor && !wanted.has(source.channel)) wanted.set(source.channel, channel);
    for (const channel of gatheredFrom(layoutOf(tensor), wanted)) {
      layout.push(channel);
      placed.add(channel);
    }
  }
  // What is gathered twice of one channel, or of padding.
  for (let channel = 0; channel < own.channels; channel++) if (!placed.has(channel)) layout.push(channel);
  const direct = readWhole(own, gathered, layout.length);
  return direct ?? padded(layout, multipleOf(own, alignment));
}

/** The wanted channels in the order in which they lie, and the padding that directly follows them. */
function gatheredFrom(layout: ChannelLayout, wanted: ReadonlyMap<number, number>): number[] {
  const taken: number[] = [];
  let follows = false;
  for (const channel of layout) {
    const place = channel === padding ? undefined : wanted.get(channel);
    follows = channel === padding ? follows : place !== undefined;
    if (follows) taken.push(place ?? padding);
  }
  return taken;
}

/**
 * The layout of what is gathered of a single tensor that dense convolutions alone read, where they may as well read that
 * tensor whole: the channels that they do not need count as padding.
 */
function readWhole(
  own: ChannelClass,
  { gathering, layoutOf, alignment, graph }: Gathered,
  size: number,
): ChannelLayout | undefined {
  const [tensor, ...others] = new Set(gathering.runs.map((run) => run.tensor));
  if (typeof tensor !== 'string' || others.length > 0 || own.tensors.length > 1) return undefined;
  const readsChannels = graph.operations.some(
    (operation) =>
      operation.kind === 'gatherChannels' && operation.runs.some((run) => run.tensor === own.tensors[0]),
  );
  const whole = layoutOf(tensor);
  if (readsChannels || whole.length > alignment.surplus * size) return undefined;
  const wanted = new Map(channelsOf(gathering.runs).map(({ channel }, place) => [channel, place]));
  if (wanted.size < own.channels) return undefined;
  return whole.map((channel) => wanted.get(channel) ?? padding);
}
