import { clamp, quantize } from '../quantParams.js';
import type { Convolution, Grid, IntegerGraph, Operation, Sum } from './integerGraph.js';
import { readersOf, soleReader } from './readers.js';
import { removeDeadOperations } from './removeDeadOperations.js';

/**
 * Returns the graph with every ReLU or Clip behind a convolution or a sum as a range of codes of that operation, which then writes onto
 * the clip's grid: the same codes, where both grids have one step. On another step values are rounded twice, and a clip stays by itself.
 */
export function fuseClip(graph: IntegerGraph): IntegerGraph {
  const readers = readersOf(graph);
  const fused = new Map<string, Operation>();
  for (const operation of graph.operations) {
    if (operation.kind !== 'convolution' && operation.kind !== 'sum') continue;
    const next = soleReader(operation.output, { graph, readers });
    if (next?.kind !== 'activation' || next.activation.name !== 'clip') continue;
    const { low, high } = next.activation;
    const from = graph.tensors.get(operation.output)!.grid!;
    const to = graph.tensors.get(next.output)!.grid!;
    if (from.scale !== to.scale) continue;
    fused.set(next.output, clipped(operation, { low, high, from, to, output: next.output }));
  }
  const operations = graph.operations.map((operation) => fused.get(operation.output) ?? operation);
  return removeDeadOperations({ ...graph, operations });
}

interface Clip {
  readonly low: number;
  readonly high: number;
  readonly from: Grid;
  readonly to: Grid;
  readonly output: string;
}

function clipped(operation: Convolution | Sum, { low, high, from, to, output }: Clip): Convolution | Sum {
  const limits = operation.codeRange.map((code) =>
    quantize(clamp(from.scale * (code - from.zeroPoint), low, high), { ...to, qmin: 0, qmax: 255 }),
  );
  return { ...operation, output, codeRange: [limits[0]!, limits[1]!] };
}
