import { type Graph, type Node, nodeLabel } from '../../graph/graph.js';
import { weightCodes } from './quantizedWeights.js';
import type { Translation } from './translation.js';

/** Returns why none of a graph's convolutions could be lowered, as far as the first one between quantizers tells. */
export function notLowered(graph: Graph, translation: Translation): string {
  const first = graph.nodes.find((node) => isQuantized(node, translation));
  if (first === undefined) return 'none of its convolutions is quantized';
  const [input = '', weight = ''] = first.inputs;
  const label = nodeLabel(first);
  const [batch = 1] = translation.fixedDims(input) ?? [];
  if (batch !== 1) return `it takes ${batch} images at once (${label}), expected 1`;
  if (weightCodes(translation, weight) === undefined) {
    return `the weights of ${label} are no constants that fit int8 less their zero points`;
  }
  return translation.views.has(input)
    ? `no rule takes ${label} with what is around it`
    : `what ${label} reads is not on one grid of 8 bits from the image on`;
}

function isQuantized({ opType, inputs }: Node, translation: Translation): boolean {
  const isDequantized = (name = '') => translation.producer(name)?.opType === 'DequantizeLinear';
  return opType === 'Conv' && isDequantized(inputs[0]) && isDequantized(inputs[1]);
}
