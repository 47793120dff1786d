import { floatAttribute, type Graph, type Node } from '../../runtime/graph/graph.js';
import type { Activation } from './activationGrid.js';

/** What of a graph tells what a tensor's readers are. */
export interface Surroundings {
  readonly initializers: Graph['initializers'];
  /** The nodes that read a tensor. */
  readonly readers: ReadonlyMap<string, readonly Node[]>;
}

/**
 * Returns the activation function that `nodes`, all that read a tensor, make up together, or `undefined` when they are
 * something else: LeakyReLU, HardSwish, or SiLU and HardSwish as exporters write them, a gate (Sigmoid, HardSigmoid) and
 * the product with what it gates. The gate may read the tensor multiplied by channel, as input scaling leaves it; the
 * function is then that of the factors' geometric mean.
 */
export function activationBehind(nodes: readonly Node[], surroundings: Surroundings): Activation | undefined {
  const [first, second] = nodes;
  if (first === undefined || nodes.length > 2) return undefined;
  if (second === undefined) return elementwise(first);
  const gate = gateOf(first);
  if (gate) return isProductWith(first, second) ? (x) => x * gate(x) : undefined;
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
  const factor = geometricMean(factors);
  return (x) => x * gate(factor * x);
}

/** @param values > 0 */
function geometricMean(values: Float32Array): number {
  return Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);
}

function elementwise(node: Node): Activation | undefined {
  if (node.opType === 'HardSwish') {
    const gate = hardSigmoid(1 / 6, 0.5);
    return (x) => x * gate(x);
  }
  if (node.opType !== 'LeakyRelu') return undefined;
  const alpha = floatAttribute(node, 'alpha', 0.01);
  return (x) => (x < 0 ? alpha * x : x);
}

function gateOf(node: Node): Activation | undefined {
  if (node.opType === 'Sigmoid') return (x) => 1 / (1 + Math.exp(-x));
  if (node.opType !== 'HardSigmoid') return undefined;
  return hardSigmoid(floatAttribute(node, 'alpha', 0.2), floatAttribute(node, 'beta', 0.5));
}

function hardSigmoid(alpha: number, beta: number): Activation {
  return (x) => Math.min(1, Math.max(0, alpha * x + beta));
}
