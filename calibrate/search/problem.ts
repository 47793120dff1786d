import type { Graph } from '../../runtime/graph/graph.js';
import { insertQuantizers } from '../quantize/insertQuantizers.js';
import type { PIndex } from '../quantize/lpMetric.js';
import type { Layer, QuantizationPlan } from '../quantize/plan.js';
import { quantizersFor, type ScaleTable } from '../quantize/scaleTable.js';
import { type Feed, runGraph, type Workbench } from '../workbench/workbench.js';
import type { Odol } from './odol.js';

/** A network whose p are to be chosen, on a set of images. */
export interface SearchProblem {
  /** The float network. */
  readonly graph: Graph;
  readonly plan: QuantizationPlan;
  readonly table: ScaleTable;
  /** With a reference for every image. */
  readonly odol: Odol;
  /** The network's inputs by image. */
  readonly inputs: readonly Feed[];
}

/** Returns the assignment that gives every layer the same p. */
export function everywhere({ plan }: Pick<SearchProblem, 'plan'>, p: PIndex): readonly PIndex[] {
  return plan.layers.map(() => p);
}

/**
 * Returns the network quantized with one p per layer.
 *
 * @param open the layer whose parameters become inputs, see `insertQuantizers`
 */
export function quantizedGraph(
  { graph, plan, table }: Pick<SearchProblem, 'graph' | 'plan' | 'table'>,
  pOfLayer: readonly PIndex[],
  open?: Layer,
): Graph {
  return insertQuantizers(graph, plan, quantizersFor(table, plan, pOfLayer), open && { open });
}

/**
 * Returns the ODOL by image of the network quantized with one p per layer.
 *
 * @param images.from first image. Default: 0.
 * @param images.to image behind the last. Default: all.
 */
export function odolByImage(
  workbench: Workbench,
  problem: SearchProblem,
  pOfLayer: readonly PIndex[],
  { from = 0, to }: { readonly from?: number; readonly to?: number } = {},
): Promise<number[]> {
  const { odol, inputs } = problem;
  return runGraph(workbench, quantizedGraph(problem, pOfLayer), inputs.slice(from, to), (outputs, i) =>
    odol.value(odol.terms(from + i, outputs)),
  );
}
