import { floatAttribute, type Node } from '../../runtime/graph/graph.js';
import type { Activation } from './activationGrid.js';

/**
 * Returns the activation function that `readers`, all nodes that read a tensor, make up together, or `undefined`
 * when they are something else: LeakyReLU, HardSwish, or SiLU and HardSwish as exporters write them, a gate
 * (Sigmoid, HardSigmoid) and the product with what it gates.
 */
export function activationBehind(readers: readonly Node[]): Activation | undefined {
  const [first, second] = readers;
  if (first === undefined || readers.length > 2) return undefined;
  if (second === undefined) return elementwise(first);
  const gate = gateOf(first);
  return gate && second.opType === 'Mul' && second.inputs.includes(first.outputs[0]!)
    ? (x) => x * gate(x)
    : undefined;
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
