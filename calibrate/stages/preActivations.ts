import type { Graph } from '../../runtime/graph/graph.js';
import { nodeMacs } from '../../runtime/graph/macs.js';
import { leakyReluSplits } from '../../runtime/graph/passes/leakyReluSplits.js';
import { splitLeakyRelu } from '../../runtime/graph/passes/splitLeakyRelu.js';
import type { ValueDistribution } from '../quantize/histogram.js';
import type { PIndex } from '../quantize/lpMetric.js';
import type { QuantizationPlan } from '../quantize/plan.js';
import { quantizersFor } from '../quantize/scaleTable.js';
import { beatsByOneStandardError, mean } from '../search/paired.js';
import { odolByImage, type SearchProblem } from '../search/problem.js';
import type { Workbench } from '../workbench/workbench.js';
import { preActivationGrids, rankPreActivations } from './preActivationGrids.js';

/** Grids between a layer's convolutions and their activations that the detections suffer from. */
export interface SensitivePreActivation {
  /** All tensors on the grids: what the convolutions write, and pools of it. */
  readonly tensors: readonly string[];
  /** Index of the layer. */
  readonly layer: number;
  /** Signal to quantization noise behind the activation, in decibels. */
  readonly sqnrDb: number;
  /** Share of the ODOL that goes when the grids do, 0..1, the ones reported before them gone already. */
  readonly gain: number;
  /**
   * What mends it: `split`, the convolutions are written as two (`splitLeakyRelu`), int8 throughout; `float`, they
   * run in float (`PlanOptions.floatTensors`), which the caller may find too slow.
   */
  readonly remedy: 'split' | 'float';
  /** MACs that the remedy adds to a run of the network. */
  readonly addedMacs: number;
  /** MACs that the remedy takes out of int8. */
  readonly floatMacs: number;
}

/** Layers that are tried, a run over the images for each. */
const maxTrials = 8;
/** Behind an activation with more than this, no grid was seen to matter. */
const harmlessDb = 30;
/** Share of the ODOL that mending must be worth. */
const minGain = 0.1;

/**
 * Returns the pre-activation grids that are worth mending (detptq.md 5b): of the layers with the worst ratio of signal
 * to noise behind the activation, the worst first, those without whose grids the ODOL is lower by a tenth and by more
 * than one standard error. Each is tried with those found before it removed already, so that one bad grid does not
 * hide the next.
 *
 * @param options.distributions of the float activations, by grid id
 * @param options.images how many of the problem's images are run
 * @throws AgentError `aborted`
 */
export async function sensitivePreActivations(
  workbench: Workbench,
  problem: SearchProblem,
  options: {
    readonly pOfLayer: readonly PIndex[];
    readonly distributions: readonly ValueDistribution[];
    readonly images: number;
  },
): Promise<readonly SensitivePreActivation[]> {
  const { graph, plan, table } = problem;
  const { grids } = quantizersFor(table, plan, options.pOfLayer);
  const suspects = rankPreActivations(preActivationGrids(graph, plan), { grids, ...options })
    .filter(({ sqnrDb }) => sqnrDb < harmlessDb)
    .slice(0, maxTrials);
  if (suspects.length === 0) return [];

  const inputs = problem.inputs.slice(0, options.images);
  const odolsWithout = (tensors: readonly string[]) =>
    odolByImage(workbench, { ...problem, inputs, plan: withoutGrids(plan, tensors) }, options.pOfLayer);
  const splittable = new Set(leakyReluSplits(graph).map(({ weight }) => weight));
  const macs = nodeMacs(graph);
  const found: SensitivePreActivation[] = [];
  let current = await odolsWithout([]);
  for (const { layer, grids, sqnrDb } of suspects) {
    const tensors = grids.flatMap((grid) => grid.tensors);
    const odols = await odolsWithout([...found.flatMap((known) => known.tensors), ...tensors]);
    const gain = 1 - mean(odols) / mean(current);
    const isSensitive = gain >= minGain && beatsByOneStandardError(odols, current);
    if (!isSensitive) continue;
    const convMacs = layer.convs.reduce((sum, { outputs }) => sum + (macs.get(outputs[0]!) ?? 0), 0);
    const cost = splittable.has(layer.weight)
      ? { remedy: 'split' as const, addedMacs: convMacs, floatMacs: 0 }
      : { remedy: 'float' as const, addedMacs: 0, floatMacs: convMacs };
    found.push({ tensors, layer: layer.index, sqnrDb, gain, ...cost });
    current = odols;
  }
  return found;
}

/**
 * Returns the graph with the layers split that `split` mends. It is another network to the planner: plan and observe it
 * anew. What `float` mends stays as it is.
 */
export function mendPreActivations(graph: Graph, findings: readonly SensitivePreActivation[]): Graph {
  const tensors = findings.flatMap((finding) => (finding.remedy === 'split' ? finding.tensors : []));
  return splitLeakyRelu(graph, new Set(tensors));
}

/** The same plan, grid ids included, with no quantizer on these tensors. */
function withoutGrids(plan: QuantizationPlan, tensors: readonly string[]): QuantizationPlan {
  const gridOfTensor = new Map(plan.gridOfTensor);
  for (const tensor of tensors) gridOfTensor.delete(tensor);
  return { ...plan, gridOfTensor };
}
