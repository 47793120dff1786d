import { floatAttribute, type Graph, type Node } from '../../runtime/graph/graph.js';
import { type Activation, inAllChannels } from './activation.js';

/** What of a graph tells what a tensor's readers are. */
export interface Surroundings {
  readonly initializers: Graph['initializers'];
  /** The nodes that read a tensor. */
  readonly readers: ReadonlyMap<string, readonly Node[]>;
  /** The node that makes a tensor. */
  readonly makers: ReadonlyMap<string, Node>;
}

/**
 * Returns the activation function that `nodes`, all that read a tensor, make up together, or `undefined` when they are
 * something else: LeakyReLU, PReLU, or SiLU and hard swish, a gate (Sigmoid, HardSigmoid) and the product with what it
 * gates. The gate may read the tensor multiplied by channel, as input scaling leaves it; every factor then has a function
 * of its own. A gate alone is one too; where it gates what its own input was multiplied from, its errors count as far as
 * there is something to gate.
 */
export function activationBehind(nodes: readonly Node[], surroundings: Surroundings): Activation | undefined {
  const [first, second] = nodes;
  if (first === undefined || nodes.length > 2) return undefined;
  if (second === undefined) return elementwise(first, surroundings);
  const gate = gateOf(first);
  if (gate) return isProductWith(first, second) ? inAllChannels((x) => x * gate(x)) : undefined;
  return scaledGate(first, second, surroundings);
}

const isProductWith = (gate: Node, { opType, inputs }: Node) =>
  opType === 'Mul' && inputs.includes(gate.outputs[0]!);

function scaledGate(
  scale: Node,
  product: Node,
  { initializers, readers }: Surroundings,
): Activation | undefined {
  const factors = scale.opType === 'Mul' ? initializers.get(scale.inputs[1]!)?.data : undefined;
  const [next] = readers.get(scale.outputs[0]!) ?? [];
  const gate = next && gateOf(next);
  if (!(factors instanceof Float32Array) || !gate || !isProductWith(next, product)) return undefined;
  return { functions: byFactor(factors, (factor) => (x) => x * gate(factor * x)) };
}

/** Returns the functions of channels that differ by a factor. */
function byFactor(
  factors: Float32Array | readonly number[],
  make: (factor: number) => (x: number) => number,
): Activation['functions'] {
  const channels = new Map<number, number[]>();
  for (const [channel, factor] of factors.entries())
    channels.set(factor, [...(channels.get(factor) ?? []), channel]);
  return [...channels].map(([factor, those]) => ({
    of: make(factor),
    ...(channels.size > 1 && { channels: those }),
  }));
}

function elementwise(node: Node, surroundings: Surroundings): Activation | undefined {
  const gate = gateOf(node);
  if (gate)
    return { ...inAllChannels(gate), ...(gatesItsSource(node, surroundings) && { weight: Math.abs }) };
  const slopes = negativeSlopes(node, surroundings);
  return slopes && { functions: byFactor(slopes, leakyRelu), keepsPositive: true };
}

const leakyRelu = (slope: number) => (x: number) => (x < 0 ? slope * x : x);

/** Returns the slopes below zero of a LeakyReLU or, by channel, of a PReLU with constant ones. */
function negativeSlopes(node: Node, { initializers }: Surroundings) {
  if (node.opType === 'LeakyRelu') return [floatAttribute(node, 'alpha', 0.01)];
  const slopes = node.opType === 'PRelu' ? initializers.get(node.inputs[1]!)?.data : undefined;
  return slopes instanceof Float32Array ? slopes : undefined;
}

/** Whether what a gate reads is the very tensor that it gates, multiplied by a constant. */
function gatesItsSource({ inputs, outputs }: Node, { initializers, readers, makers }: Surroundings): boolean {
  const { opType, inputs: [source = '', factor = ''] = [] } = makers.get(inputs[0]!) ?? {};
  const products = readers.get(outputs[0]!) ?? [];
  return (
    opType === 'Mul' &&
    initializers.has(factor) &&
    products.length === 1 &&
    products[0]!.opType === 'Mul' &&
    products[0]!.inputs.includes(source)
  );
}

function gateOf(node: Node): ((x: number) => number) | undefined {
  if (node.opType === 'Sigmoid') return (x) => 1 / (1 + Math.exp(-x));
  if (node.opType !== 'HardSigmoid') return undefined;
  return hardSigmoid(floatAttribute(node, 'alpha', 0.2), floatAttribute(node, 'beta', 0.5));
}

function hardSigmoid(alpha: number, beta: number): (x: number) => number {
  return (x) => Math.min(1, Math.max(0, alpha * x + beta));
}
