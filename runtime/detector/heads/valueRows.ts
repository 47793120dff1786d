import type { Graph } from '../../graph/graph.js';
import { graphOutput, mismatch, type OutputSlot } from './outputSlot.js';

/** How one tensor holds some values of each location: value v of location l is at `l * locationStep + v * valueStep`. */
export interface ValueRows {
  readonly slot: OutputSlot;
  readonly numLocations: number;
  readonly values: number;
  readonly locationStep: number;
  readonly valueStep: number;
}

/**
 * Returns how the output that a manifest's key names holds its values: rows `[1, N, values]`, or columns
 * `[1, values, N]`, which go first where both fit. Leading dimensions of 1 beyond that are passed over.
 *
 * @param values numbers of values per location that the head can read
 * @throws AgentError `manifest_model_mismatch` when it is neither, or N is not fixed
 */
export function valueRows(
  port: Pick<OutputSlot, 'key' | 'name'>,
  values: readonly number[],
  graph: Pick<Graph, 'outputs'>,
): ValueRows {
  const { dims } = graphOutput(port, graph);
  const [first, second] = dims.slice(-2);
  const single = dims.length > 2 && dims.slice(0, -2).every((dim) => dim === 1 || typeof dim !== 'number');
  if (single && typeof first === 'number' && typeof second === 'number') {
    const length = first * second;
    const shape = `[1, ${first}, ${second}]`;
    if (values.includes(first)) {
      const slot = { ...port, length, shape };
      return { slot, numLocations: second, values: first, locationStep: 1, valueStep: second };
    }
    if (values.includes(second)) {
      const slot = { ...port, length, shape };
      return { slot, numLocations: first, values: second, locationStep: second, valueStep: 1 };
    }
  }
  const count = values.join(' or ');
  throw mismatch(port, `[1, ${count}, N] or [1, N, ${count}] with a fixed N`, `[${dims.join(', ')}]`);
}
