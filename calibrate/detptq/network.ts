import type { Graph } from '../../runtime/graph/graph.js';
import type { ValueDistribution } from '../quantize/histogram.js';
import { type PlanOptions, planQuantization, type QuantizationPlan } from '../quantize/plan.js';
import { buildScaleTable, type ScaleTable } from '../quantize/scaleTable.js';
import { type ObservedImages, observe } from '../workbench/observe.js';
import type { Workbench } from '../workbench/workbench.js';

/** A float network with all that its quantizers are chosen from. */
export interface Network {
  readonly graph: Graph;
  readonly plan: QuantizationPlan;
  /** Of the float activations, by grid id. */
  readonly distributions: readonly ValueDistribution[];
  readonly table: ScaleTable;
}

/**
 * Returns `graph` with its plan, with its activations as observed on `images`, and the grids that every p makes of them.
 *
 * @throws AgentError `bits_out_of_range`, `not_quantizable`, `activations_not_finite`, `aborted`
 */
export async function observeNetwork(
  workbench: Workbench,
  graph: Graph,
  { images, ...options }: PlanOptions & { readonly images: ObservedImages },
): Promise<Network> {
  const plan = planQuantization(graph, options);
  const distributions = await observe(workbench, { graph, plan }, images);
  const table = buildScaleTable(graph, plan, distributions);
  return { graph, plan, distributions, table };
}

/**
 * Returns the same network at other bits, what is float in it still float: what was observed on its grids does not depend
 * on the bits.
 */
export function replanned(
  { graph, plan: { floatTensors }, distributions }: Network,
  options: Omit<PlanOptions, 'floatTensors'>,
): Network {
  const plan = planQuantization(graph, { ...options, floatTensors });
  return { graph, plan, distributions, table: buildScaleTable(graph, plan, distributions) };
}
