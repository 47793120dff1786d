import { AgentError } from '../errors.js';
import type { Graph } from './graph.js';
import type { Tensor } from './tensor.js';

/**
 * Checks that every float initializer and constant is finite; a single value may be infinite, as the bound of a Clip is and what a
 * Pad before a MaxPool fills with.
 *
 * @throws AgentError `weights_not_finite` naming the tensor and the first such element
 */
export function assertFiniteWeights(graph: Graph, where: string): void {
  for (const [name, tensor] of graph.initializers) assertFinite(name, tensor, where);
  for (const node of graph.nodes) {
    for (const attribute of node.attributes.values()) {
      if (attribute.type === 'tensor') assertFinite(node.outputs[0] ?? node.name, attribute.value, where);
    }
  }
}

function assertFinite(name: string, tensor: Tensor, where: string): void {
  const index = firstNotFinite(tensor);
  if (index < 0) return;
  throw new AgentError(
    'weights_not_finite',
    `${where}: element ${index} of tensor "${name}" is NaN or infinite`,
    {
      detail: { where: `${where}: ${name}`, index },
    },
  );
}

function firstNotFinite({ dtype, data }: Tensor): number {
  const isSingle = data.length === 1;
  if (dtype === 'float32' || dtype === 'float64') {
    return (data as Float32Array).findIndex((value) =>
      isSingle ? Number.isNaN(value) : !Number.isFinite(value),
    );
  }
  // An IEEE half is infinite when all its exponent bits are set and no other, else NaN.
  if (dtype === 'float16') {
    return (data as Uint16Array).findIndex(
      (bits) => (bits & 0x7c00) === 0x7c00 && !(isSingle && (bits & 0x3ff) === 0),
    );
  }
  return -1;
}
