import { type Graph, type Node, producers, stringAttribute } from '../../runtime/graph/graph.js';
import { movers } from '../../runtime/graph/movers.js';
import { isNarrowView } from './narrowView.js';

/**
 * Returns the inputs of `node` that share one grid with its outputs: of a mover the first; of an
 * interpolation too, for it never leaves the range (cubic does); of a concatenation all, so that engines
 * copy codes instead of requantizing them, which costs nothing measurable in accuracy (detptq.md 5b). Else
 * none, nor of a narrow view.
 */
export function inputsOnOutputGrid(node: Node): readonly string[] {
  if (isNarrowView(node)) return [];
  if (movers.has(node.opType)) return node.inputs.slice(0, 1);
  if (node.opType === 'Resize' && stringAttribute(node, 'mode', 'nearest') !== 'cubic')
    return node.inputs.slice(0, 1);
  if (node.opType === 'Concat') return node.inputs;
  return [];
}

/** Returns the tensors among those of a grid whose values are not just moved from another one on it. */
export function originTensors(graph: Graph, tensors: readonly string[]): string[] {
  const made = producers(graph);
  return tensors.filter((tensor) => {
    const node = made.get(tensor);
    return node === undefined || !inputsOnOutputGrid(node).some((input) => tensors.includes(input));
  });
}
