import { DisjointSets } from '../../disjointSets.js';
import { grouped } from '../grouped.js';
import type { ChannelGathering, Convolution, IntegerGraph, Operation } from '../integerGraph.js';

/** Tensors whose channels have to lie alike, because operations between them work channel by channel. */
export interface ChannelClass {
  readonly tensors: readonly string[];
  readonly channels: number;
  /** The channels have to stay where they are: something outside or a part in float reads them, or a convolution in groups. */
  readonly isFixed: boolean;
  /** Begins with an image: channels may be added, but stay in order. */
  readonly isImage: boolean;
  readonly hasDepthwise: boolean;
  /** Made by a dense convolution. */
  readonly hasDense: boolean;
  /** What makes tensors of the class out of channels of other classes, in order. */
  readonly gatherings: readonly ChannelGathering[];
  /** Of each channel, the gatherings that read it, by index in the graph's operations, ascending. */
  readonly uses: readonly (readonly number[])[];
}

/** Returns the class of each tensor, by name. */
export function channelClasses(graph: IntegerGraph): ReadonlyMap<string, ChannelClass> {
  const names = [...graph.tensors.keys()];
  const indices = new Map(names.map((name, index) => [name, index]));
  const sets = new DisjointSets(names.length);
  for (const operation of graph.operations)
    for (const input of tiedInputs(operation))
      sets.unite(indices.get(input)!, indices.get(operation.output)!);
  const members = grouped(names, (name) => sets.find(indices.get(name)!));
  const facts = classFacts(graph);
  const classes = new Map<string, ChannelClass>();
  for (const tensors of members.values()) {
    const own = classOf(tensors, graph, facts);
    for (const tensor of tensors) classes.set(tensor, own);
  }
  return classes;
}

/** Whether every channel is convolved by itself. */
export function isDepthwise({ groups, weightShape: [filters, , , depth] }: Convolution): boolean {
  return depth === 1 && groups === filters;
}

/** The inputs whose channel k alone makes the output's channel k. */
function tiedInputs(operation: Operation): readonly string[] {
  switch (operation.kind) {
    case 'gatherChannels':
    case 'floatPart':
      return [];
    case 'convolution':
      return isDepthwise(operation) ? [operation.input] : [];
    case 'sum':
    case 'product':
      return operation.inputs;
    default:
      return [operation.input];
  }
}

interface Facts {
  readonly fixed: ReadonlySet<string>;
  readonly images: ReadonlySet<string>;
  readonly depthwise: ReadonlySet<string>;
  readonly dense: ReadonlySet<string>;
  readonly gathered: ReadonlyMap<string, ChannelGathering>;
  /** Of each tensor, what reads its channels in parts. */
  readonly reads: ReadonlyMap<string, readonly { at: number; start: number; size: number }[]>;
}

function classFacts({ inputs, outputs, operations }: IntegerGraph): Facts {
  const fixed = new Set(outputs.map(({ tensor }) => tensor));
  const depthwise = new Set<string>();
  const dense = new Set<string>();
  const gathered = new Map<string, ChannelGathering>();
  const reads = new Map<string, { at: number; start: number; size: number }[]>();
  for (const [at, operation] of operations.entries()) {
    if (operation.kind === 'gatherChannels') {
      gathered.set(operation.output, operation);
      for (const { tensor, start, size } of operation.runs)
        if (tensor !== null) reads.set(tensor, [...(reads.get(tensor) ?? []), { at, start, size }]);
    } else if (operation.kind === 'floatPart') {
      for (const tensor of [...operation.inputs, operation.output]) fixed.add(tensor);
    } else if (operation.kind === 'convolution') {
      const { input, output, groups } = operation;
      if (isDepthwise(operation)) depthwise.add(output);
      else if (groups === 1) dense.add(output);
      else fixed.add(input).add(output);
    }
  }
  return { fixed, images: new Set(inputs.map(({ name }) => name)), depthwise, dense, gathered, reads };
}

function classOf(tensors: readonly string[], graph: IntegerGraph, facts: Facts): ChannelClass {
  const channels = graph.tensors.get(tensors[0]!)!.shape[3];
  const uses = Array.from({ length: channels }, () => new Set<number>());
  for (const { at, start, size } of tensors.flatMap((tensor) => facts.reads.get(tensor) ?? []))
    for (let channel = start; channel < start + size; channel++) uses[channel]!.add(at);
  return {
    tensors,
    channels,
    isFixed: tensors.some((tensor) => facts.fixed.has(tensor)),
    isImage: tensors.some((tensor) => facts.images.has(tensor)),
    hasDepthwise: tensors.some((tensor) => facts.depthwise.has(tensor)),
    hasDense: tensors.some((tensor) => facts.dense.has(tensor)),
    gatherings: tensors.flatMap((tensor) => facts.gathered.get(tensor) ?? []),
    uses: uses.map((set) => [...set].sort((a, b) => a - b)),
  };
}
