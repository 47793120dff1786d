import type { Graph } from '../../graph/graph.js';
import { fixedDims, tensorTypes } from '../../graph/tensorTypes.js';
import type { Tail } from './tail.js';

/**
 * Returns how many channels of a tail pass a sigmoid at each cell, or undefined where that is not known or the sigmoids
 * differ.
 */
export function sigmoidWidth(graph: Graph, tail: Tail): number | undefined {
  const types = tensorTypes(graph);
  const widths = tail.nodes
    .filter(({ opType }) => opType === 'Sigmoid')
    .map(({ outputs }) => {
      const dims = fixedDims(types.get(outputs[0]!));
      // A map's channels, or a row's values.
      return dims?.length === 4 ? dims[1] : dims?.length === 3 ? Math.min(dims[1]!, dims[2]!) : undefined;
    });
  const [width] = widths;
  return width !== undefined && widths.every((other) => other === width) ? width : undefined;
}
