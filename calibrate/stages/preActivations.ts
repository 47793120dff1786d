import type { Graph } from '../../runtime/graph/graph.js';
import { leakyReluSplits } from '../../runtime/graph/passes/leakyReluSplits.js';
import { splitLeakyRelu } from '../../runtime/graph/passes/splitLeakyRelu.js';
import type { ValueDistribution } from '../quantize/histogram.js';
import type { PIndex } from '../quantize/lpMetric.js';
import type { QuantizationPlan } from '../quantize/plan.js';
import { quantizersFor } from '../quantize/scaleTable.js';
import { beatsByOneStandardError, mean } from '../search/paired.js';
import { odolByImage, type SearchProblem } from '../search/problem.js';
import type { Workbench } from '../workbench/workbench.js';
import {
  type PreActivation,
  preActivationGrids,
  type RankedPreActivation,
  rankPreActivations,
} from './preActivationGrids.js';

/** Grids between a layer's convolutions and their activations that the detections suffer from. */
export interface SensitivePreActivation {
  /** All tensors on the grids: what the convolutions write, and pools of it. */
  readonly tensors: readonly string[];
  /**
   * What mends it: `split`, the convolutions are written as two (`splitLeakyRelu`), int8 throughout; `float`, they
   * run in float (`PlanOptions.floatTensors`), which the caller may find too slow.
   */
  readonly remedy: 'split' | 'float';
}

/** Layers that are tried. */
const maxTrials = 8;
/** Images, half of all at most, that every one of them is tried on. */
const screeningImages = 8;
/** Below this, most of the noise behind the activation stays when the grid goes. */
const minExcessDb = 0;
/** Share of the ODOL that mending must be worth. */
const minGain = 0.1;

/**
 * Returns the pre-activation grids that are worth mending, the worst first: those without which the ODOL is lower by a
 * tenth and by more than one standard error (detptq.md 5b). The layers with the largest excess of noise are tried
 * without their grids one by one on a few images, and then on all, in the order of what that gained, on top of each
 * other, until one gains too little: a bad grid hides what the next one costs.
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
): Promise<SensitivePreActivation[]> {
  const { graph, plan, table } = problem;
  const { pOfLayer, distributions } = options;
  const { grids } = quantizersFor(table, plan, pOfLayer);
  const ranked = rankPreActivations(preActivationGrids(graph, plan), { grids, distributions });
  const suspects = ranked.filter(({ excessDb }) => excessDb > minExcessDb).slice(0, maxTrials);
  if (suspects.length === 0) return [];

  const inputs = problem.inputs.slice(0, options.images);
  const screening = inputs.slice(0, Math.min(screeningImages, Math.ceil(inputs.length / 2)));
  const odolsWithout = (removed: readonly PreActivation[], images = inputs) =>
    odolByImage(workbench, { ...problem, inputs: images, plan: withoutGrids(plan, removed) }, pOfLayer);
  const trials: { suspect: RankedPreActivation; odol: number }[] = [];
  for (const suspect of suspects) {
    trials.push({ suspect, odol: mean(await odolsWithout([suspect], screening)) });
  }
  trials.sort((a, b) => a.odol - b.odol);

  let current: readonly number[] = await odolsWithout([]);
  const found: RankedPreActivation[] = [];
  for (const { suspect } of trials) {
    const odols = await odolsWithout([...found, suspect]);
    const gain = 1 - mean(odols) / mean(current);
    const isSensitive = gain >= minGain && beatsByOneStandardError(odols, current);
    if (!isSensitive) break;
    found.push(suspect);
    current = odols;
  }
  const splittable = new Set(leakyReluSplits(graph).map(({ weight }) => weight));
  return found.map(({ layer, sites }) => ({
    tensors: sites.flatMap(({ grid }) => grid.tensors),
    remedy: splittable.has(layer.weight) ? 'split' : 'float',
  }));
}

/**
 * Returns the graph with the layers split that `split` mends. It is another network to the planner: plan and observe it
 * anew. What `float` mends stays as it is.
 */
export function mendPreActivations(graph: Graph, findings: readonly SensitivePreActivation[]): Graph {
  const tensors = findings.flatMap((finding) => (finding.remedy === 'split' ? finding.tensors : []));
  return splitLeakyRelu(graph, new Set(tensors));
}

/** The same plan, with the same grid ids, but no quantizer on these layers' pre-activations. */
function withoutGrids(plan: QuantizationPlan, suspects: readonly PreActivation[]): QuantizationPlan {
  const removed = new Set(suspects.flatMap(({ sites }) => sites.map(({ grid }) => grid.id)));
  const gridOfTensor = new Map([...plan.gridOfTensor].filter(([, id]) => !removed.has(id)));
  return { ...plan, gridOfTensor };
}
