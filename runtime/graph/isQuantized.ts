import type { Graph } from './graph.js';

/** Whether activations are quantized in it; a graph whose constants alone are is a float graph. */
export function isQuantized({ nodes }: Graph): boolean {
  return nodes.some(({ opType, domain }) => opType === 'QuantizeLinear' && domain === '');
}
