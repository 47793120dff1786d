import type { Graph } from '../../runtime/graph/graph.js';
import { totalMacs } from '../../runtime/graph/macs.js';
import { elementCount } from '../../runtime/graph/tensor.js';
import { fixedDims, tensorTypes } from '../../runtime/graph/tensorTypes.js';
import { countOfText, percentText } from '../report/format.js';

/**
 * Returns what the rewrites before quantizing add to a forward, as sentences for the report's notes: convolutions
 * that became larger, multiplies by channel that could not be folded. Nothing where nothing was added.
 *
 * @param before, after with all dimensions known
 */
export function addedWorkNotes(before: Graph, after: Graph): string[] {
  const [macsBefore, macsAfter] = [totalMacs(before), totalMacs(after)];
  const multiplies = countMultiplies(after) - countMultiplies(before);
  const notes: string[] = [];
  if (macsAfter > macsBefore) {
    const added = macsAfter - macsBefore;
    notes.push(
      `Rewritten convolutions add ${countOfText(added)} multiply-accumulates, ${percentText(added / macsBefore)} of the float network's.`,
    );
  }
  if (multiplies > 0) {
    notes.push(`Scaling that could not be folded adds ${countOfText(multiplies)} elementwise multiplies.`);
  }
  return notes;
}

/** Elements that the graph's Mul nodes write. */
function countMultiplies(graph: Graph): number {
  const types = tensorTypes(graph);
  return graph.nodes
    .filter(({ opType, domain }) => opType === 'Mul' && domain === '')
    .reduce((sum, { outputs }) => sum + elementCount(fixedDims(types.get(outputs[0]!)) ?? [0]), 0);
}
