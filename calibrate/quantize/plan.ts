import { AgentError } from '../../runtime/errors.js';
import { consumers, type Graph, intAttribute, type Node, producers } from '../../runtime/graph/graph.js';
import { assertBits } from '../../runtime/quantParams.js';
import type { Activation } from './activation.js';
import { activationBehind } from './activationBehind.js';
import { attentionTensors } from './attentionTensors.js';
import { type CodeArithmetic, codeArithmetic } from './codeArithmetic.js';
import { gridRoots } from './gridRoots.js';
import { originTensors } from './gridSharing.js';
import { networkRegions, type Region } from './networkRegions.js';

/** A quantizer of activations: every tensor of `tensors` lies on the same grid. */
export interface Grid {
  readonly id: number;
  /** In topological order. */
  readonly tensors: readonly string[];
  readonly bits: number;
  /**
   * How its parameters are found: `search` by the Lp metric; `range` from the smallest to the largest
   * value, as befits an image; `unit` is fixed to [0, 1), the sigmoid's range.
   */
  readonly rule: 'search' | 'range' | 'unit';
  /** What alone reads the values that leave the grid: errors are measured behind it. */
  readonly activation?: Activation;
  /**
   * Id of the grid before an activation that keeps what is positive, where all that lies on this grid is what the
   * activation makes of that one's values.
   */
  readonly before?: number;
}

export type LayerRole = 'first' | 'prediction' | 'depthwise' | 'dense';

/**
 * The unit that gets a p of its own: a weight tensor with the convolutions that use it, and the activation
 * grids between them and the next layer in topological order. A weight tensor shared by several
 * convolutions (a head on several pyramid levels) is one layer; their outputs have separate grids.
 */
export interface Layer {
  readonly index: number;
  /** Of the first convolution. */
  readonly name: string;
  readonly role: LayerRole;
  readonly weight: string;
  readonly convs: readonly Node[];
  /** Position in the graph's nodes of the first convolution: nothing before it depends on this layer's p. */
  readonly position: number;
  readonly weightBits: number;
  /** Of what its convolutions read. */
  readonly activationBits: number;
  /** Ids of the grids that this layer's p chooses. */
  readonly grids: readonly number[];
}

export interface PlanOptions {
  /** 2..8 */
  readonly weightBits: number;
  /** 2..8 */
  readonly activationBits: number;
  readonly floatTensors?: ReadonlySet<string>;
  readonly wideLayers?: ReadonlySet<string>;
}

/** What is quantized in a graph, and to how many bits. */
export interface QuantizationPlan {
  readonly bits: { readonly weightBits: number; readonly activationBits: number };
  readonly grids: readonly Grid[];
  readonly gridOfTensor: ReadonlyMap<string, number>;
  /** In topological order. */
  readonly arithmetic: readonly CodeArithmetic[];
  /** Tensors that were left without a grid. */
  readonly floatTensors: ReadonlySet<string>;
  /** In topological order. */
  readonly layers: readonly Layer[];
  /** What a reader of the figures has to know, as sentences. */
  readonly exceptions: readonly string[];
}

/**
 * Returns the plan for `graph`: one grid on every tensor from the input of the first convolution to the
 * inputs of the prediction convolutions, none between a convolution and a ReLU (it is fused), none within
 * attention, none behind the prediction convolutions. Below 8 bits the first and the prediction convolutions
 * and depthwise weights keep 8 bits, and of activations all but what the other convolutions alone read, as everywhere in the literature (detptq.md 1).
 *
 * @param graph from `prepareGraph`; below 8 bits of activations with narrow views, or those that others read as well keep 8 bits
 * @param options.floatTensors tensors that get no grid: what makes them then writes float. Default: none.
 * @param options.wideLayers weights of layers that keep 8 bits, and of what they read as well, beside those that always do. Default: none.
 * @throws AgentError `bits_out_of_range`, `not_quantizable`
 */
export function planQuantization(graph: Graph, options: PlanOptions): QuantizationPlan {
  const { weightBits, activationBits, floatTensors = new Set(), wideLayers = new Set() } = options;
  assertBits(weightBits, 'weightBits');
  assertBits(activationBits, 'activationBits');
  const regions = networkRegions(graph);
  const convs = layerConvs(graph, regions);
  const attention = attentionTensors(graph);
  const makers = producers(graph);
  const isInBody = (tensor: string) => regions.get(makers.get(tensor)!) === 'body';
  const rootOf = gridRoots(graph, { regions, floatTensors, attention });
  const readers = consumers(graph);

  const positions = new Map(graph.nodes.map((node, position) => [node, position]));
  const layerStarts = convs.map(([, users]) => positions.get(users[0]!)!);
  const gridOfTensor = new Map<string, number>();
  const gridTensors: string[][] = [];
  const gridOwner: (number | undefined)[] = [];
  const rootGrid = new Map<string, number>();
  const visit = (tensor: string, position: number) => {
    const root = rootOf(tensor);
    if (root === undefined) return;
    let id = rootGrid.get(root);
    if (id === undefined) {
      id = gridTensors.length;
      rootGrid.set(root, id);
      gridTensors.push([]);
      const owner = layerStarts.findLastIndex((start) => start <= position);
      gridOwner.push(owner < 0 ? undefined : owner);
    }
    gridTensors[id]!.push(tensor);
    gridOfTensor.set(tensor, id);
  };
  for (const input of graph.inputs) visit(input.name, -1);
  for (const [position, node] of graph.nodes.entries())
    for (const output of node.outputs) visit(output, position);

  const layers = convs.map(([weight, users], index): Layer => {
    const role = layerRole(users[0]!, regions, convs[0]![1][0]!);
    const isWide = wideLayers.has(weight);
    return {
      index,
      name: users[0]!.name || users[0]!.outputs[0]!,
      role,
      weight,
      convs: users,
      position: layerStarts[index]!,
      weightBits: role === 'dense' && !isWide ? weightBits : 8,
      activationBits: readsNarrow({ role }) && !isWide ? activationBits : 8,
      grids: gridOwner.flatMap((owner, id) => (owner === index ? [id] : [])),
    };
  });
  const narrow = narrowConvs(layers, options);
  /** By grid id, the grid before the activation that alone fills it; grids come in topological order. */
  const before = new Map<number, number>();
  const grids = gridTensors.map((tensors, id): Grid => {
    const [first] = tensors;
    const leaving = tensors
      .map((tensor) => readers.get(tensor) ?? [])
      .filter((nodes) => nodes.some(isLeaving(tensors)));
    const activation =
      leaving.length === 1
        ? activationBehind(leaving[0]!, { initializers: graph.initializers, readers, makers })
        : undefined;
    const result = leaving[0]?.at(-1)?.outputs[0] ?? '';
    const behind = gridOfTensor.get(result);
    const isAlone = (of: number) => originTensors(graph, gridTensors[of]!).join() === result;
    if (activation?.keepsPositive && behind !== undefined && isAlone(behind)) before.set(behind, id);
    const source = before.get(id);
    return {
      id,
      tensors,
      bits: leavingNodes(tensors, readers).every((node) => narrow.has(node)) ? activationBits : 8,
      rule:
        gridOwner[id] === undefined
          ? 'range'
          : tensors.length === 1 && makers.get(first!)?.opType === 'Sigmoid'
            ? 'unit'
            : 'search',
      ...(activation && { activation }),
      ...(source !== undefined && { before: source }),
    };
  });
  /** What one of a tensor's readers has 8 bits of, all have. */
  const bitsRead = ({ convs, activationBits }: Layer) =>
    Math.max(
      activationBits,
      ...convs.map(({ inputs }) => grids[gridOfTensor.get(inputs[0]!) ?? -1]?.bits ?? 0),
    );
  return {
    bits: { weightBits, activationBits },
    grids,
    gridOfTensor,
    arithmetic: codeArithmetic(graph, gridOfTensor),
    floatTensors,
    layers: layers.map((layer) => ({ ...layer, activationBits: bitsRead(layer) })),
    exceptions: [
      ...exceptions(layers, options),
      ...([...attention].some(isInBody) ? ['Attention is float within.'] : []),
    ],
  };
}

/**
 * Convolutions by weight tensor, in topological order; those whose weights are not constant are not
 * quantized.
 */
function layerConvs(graph: Graph, regions: ReadonlyMap<Node, Region>): [string, Node[]][] {
  const byWeight = new Map<string, Node[]>();
  for (const node of graph.nodes) {
    if (node.opType !== 'Conv' || regions.get(node) === 'tail') continue;
    if (graph.initializers.get(node.inputs[1]!)?.dtype !== 'float32') continue;
    const users = byWeight.get(node.inputs[1]!);
    if (users) users.push(node);
    else byWeight.set(node.inputs[1]!, [node]);
  }
  const body = [...byWeight.values()].flat().some((node) => regions.get(node) === 'body');
  if (!body) {
    throw new AgentError(
      'not_quantizable',
      'expected at least two convolutions in a row with constant float32 weights',
      {
        detail: { got: [...byWeight.keys()] },
      },
    );
  }
  return [...byWeight];
}

/** Whatever convolves what the first convolution does is a first one too: a stem in two halves or branches. */
function layerRole(conv: Node, regions: ReadonlyMap<Node, Region>, first: Node): LayerRole {
  if (conv.inputs[0] === first.inputs[0]) return 'first';
  if (regions.get(conv) === 'prediction') return 'prediction';
  return intAttribute(conv, 'group', 1) > 1 ? 'depthwise' : 'dense';
}

/** Whether what a layer's convolutions read may have fewer than 8 bits. */
export function readsNarrow({ role }: Pick<Layer, 'role'>): boolean {
  return role === 'dense' || role === 'depthwise';
}

/** Returns the convolutions whose inputs have as few bits as `options` say. */
export function narrowConvs(
  layers: readonly Layer[],
  { wideLayers }: Pick<PlanOptions, 'wideLayers'>,
): ReadonlySet<Node> {
  const narrow = layers.filter((layer) => readsNarrow(layer) && !wideLayers?.has(layer.weight));
  return new Set(narrow.flatMap(({ convs }) => convs));
}

/** Returns the nodes behind the tensors of a grid: they read one of them and make something that is not on it. */
export function leavingNodes(
  tensors: readonly string[],
  readers: ReadonlyMap<string, readonly Node[]>,
): Node[] {
  return tensors.flatMap((tensor) => readers.get(tensor) ?? []).filter(isLeaving(tensors));
}

function isLeaving(tensors: readonly string[]): (node: Node) => boolean {
  return ({ outputs }) => !outputs.every((output) => tensors.includes(output));
}

function exceptions(
  layers: readonly Layer[],
  { weightBits, activationBits, floatTensors, wideLayers }: PlanOptions,
): string[] {
  const count = (role: LayerRole) => layers.filter((layer) => layer.role === role).length;
  const notes = [
    'Behind the prediction convolutions everything is float; sigmoid outputs are fixed to [0, 1).',
  ];
  if (floatTensors !== undefined && floatTensors.size > 0) {
    notes.push(`Not quantized, so that what makes them runs in float: ${[...floatTensors].join(', ')}.`);
  }
  if (weightBits < 8) {
    const wide = layers.filter(({ role, weight }) => role === 'dense' && wideLayers?.has(weight)).length;
    const chosen = wide > 0 ? `, and in ${wide} others that were chosen` : '';
    notes.push(
      `Weights keep 8 bits in the first convolution, ${count('prediction')} prediction and ${count('depthwise')} depthwise convolutions${chosen}; ${count('dense') - wide} have ${weightBits}.`,
    );
  }
  if (activationBits < 8) {
    const wide = wideLayers?.size ?? 0;
    const chosen = wide > 0 ? `, what ${wide} others read that were chosen` : '';
    notes.push(
      `Activations of ${activationBits} bits are simulated: the file clips them to ${2 ** activationBits} codes, engines execute 8 bits. They are what convolutions read; the network's input, what the prediction convolutions read${chosen}, and what is summed, concatenated or activated keep 8 bits.`,
    );
  }
  return notes;
}
