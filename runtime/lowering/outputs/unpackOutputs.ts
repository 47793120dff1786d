import { freshName } from '../../graph/freshName.js';
import type { Graph, Node, ValueInfo } from '../../graph/graph.js';
import { removeDeadNodes } from '../../graph/passes/removeDeadNodes.js';
import { elementCount } from '../../graph/tensor.js';
import { tensorTypes } from '../../graph/tensorTypes.js';
import { lastDims, TensorParts } from './tensorParts.js';
import type { UnpackedOutput } from './unpackedOutput.js';

/** A graph that gives some of its outputs in pieces. */
export interface UnpackedGraph {
  readonly graph: Graph;
  /** The outputs that are in pieces now, by name: those pieces are outputs of the graph instead. */
  readonly unpacked: Readonly<Record<string, UnpackedOutput>>;
}

export interface UnpackOptions {
  /**
   * Tensors `[1, C, H, W]` whose makers leave the channels last, and which are given so. Outputs to which none of them leads stay
   * whole.
   */
  readonly features: Iterable<string>;
  /** Whether a name is given away beyond the graph. Default: none is. */
  readonly isTaken?: (name: string) => boolean;
}

/**
 * Returns the graph without what only moves its outputs together, and without the sigmoids in front of that or behind it: a head
 * that is read location by location reads pieces as well, and needs the sigmoid of few of its scores.
 *
 * @param graph all types known
 */
export function unpackOutputs(
  graph: Graph,
  { features, isTaken = () => false }: UnpackOptions,
): UnpackedGraph {
  const tensors = new TensorParts(graph, new Set(features));
  for (const node of graph.nodes) tensors.add(node);
  const outputs = worthwhile(graph, tensors);
  const sources = new Set(Object.values(outputs).flatMap(({ parts }) => parts.map(({ source }) => source)));
  const types = tensorTypes(graph);
  const names = new Map<string, string>();
  const transposes: Node[] = [];
  const pieces: ValueInfo[] = [];
  for (const source of sources) {
    const dims = tensors.dims(source)!;
    const isTransposed = tensors.hasChannelsLast(source);
    const name = isTransposed
      ? freshName(`${source}/last`, (taken) => types.has(taken) || isTaken(taken))
      : source;
    if (isTransposed) transposes.push(channelsLast(source, name));
    names.set(source, name);
    pieces.push({ name, dtype: 'float32', dims: isTransposed ? lastDims(dims) : dims });
  }
  const unpacked = Object.entries(outputs).map(([name, { dims, parts }]) => {
    return [
      name,
      { dims, parts: parts.map((part) => ({ ...part, source: names.get(part.source)! })) },
    ] as const;
  });
  const whole = graph.outputs.filter(({ name }) => !(name in outputs) && !names.has(name));
  const inPieces = {
    ...{ ...graph, nodes: [...graph.nodes, ...transposes], outputs: [...whole, ...pieces] },
    values: new Map([...graph.values, ...graph.outputs.map((output) => [output.name, output] as const)]),
  };
  return { graph: removeDeadNodes(inPieces), unpacked: Object.fromEntries(unpacked) };
}

/**
 * Returns the outputs that are given in pieces: those of which all that is in the pieces is read, the largest first. Pieces of which
 * little is read would take longer to give than what is made of them.
 */
function worthwhile({ outputs }: Graph, tensors: TensorParts): Record<string, UnpackedOutput> {
  const chosen: Record<string, UnpackedOutput> = {};
  const given = new Set<string>();
  const sizeOf = (name: string) => elementCount(tensors.dims(name) ?? []);
  for (const { name } of outputs.toSorted((a, b) => sizeOf(b.name) - sizeOf(a.name))) {
    const parts = tensors.partsOf(name);
    const sources = new Set(parts?.map(({ source }) => source));
    const added = [...sources].filter((source) => !given.has(source));
    const hasFeatures = [...sources].some((source) => tensors.hasChannelsLast(source));
    if (!parts || !hasFeatures || added.reduce((sum, source) => sum + sizeOf(source), 0) > sizeOf(name))
      continue;
    for (const source of added) given.add(source);
    chosen[name] = { dims: tensors.dims(name)!, parts };
  }
  return chosen;
}

function channelsLast(from: string, to: string): Node {
  return {
    name: '',
    opType: 'Transpose',
    domain: '',
    inputs: [from],
    outputs: [to],
    attributes: new Map([['perm', { type: 'ints', value: [0n, 2n, 3n, 1n] }]]),
  };
}
