import { z } from 'zod';
import type { Graph } from '../../runtime/graph/graph.js';
import { totalMacs } from '../../runtime/graph/macs.js';
import { leakyReluSplits } from '../../runtime/graph/passes/leakyReluSplits.js';
import { splitLeakyRelu } from '../../runtime/graph/passes/splitLeakyRelu.js';
import { clamp } from '../../runtime/quantParams.js';
import type { ValueDistribution } from '../quantize/histogram.js';
import type { PIndex } from '../quantize/lpMetric.js';
import type { QuantizationPlan } from '../quantize/plan.js';
import { quantizersFor } from '../quantize/scaleTable.js';
import { type Memo, noMemo } from '../search/memo.js';
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
/** Share of the ODOL that mending must be worth; less where a split adds little work, but more than a chance among so many. */
const minGain = { most: 0.1, least: 0.03, forWork: 2 };

/**
 * Returns the pre-activation grids that are worth mending, the worst first: those without which the ODOL is lower by
 * more than one standard error and by more than what mends them costs (detptq.md 5b). The layers with the largest excess of noise are tried
 * without their grids one by one on a few images, and those that this lowers the ODOL of then on all, in the order of what that gained, on top of each
 * other: a bad grid hides what the next one costs.
 *
 * @param options.distributions of the float activations, by grid id
 * @param options.images how many of the problem's images are run
 * @param options.memo of the ODOL without some of the grids
 * @throws AgentError `aborted`
 */
export async function sensitivePreActivations(
  workbench: Workbench,
  problem: SearchProblem,
  options: {
    readonly pOfLayer: readonly PIndex[];
    readonly distributions: readonly ValueDistribution[];
    readonly images: number;
    readonly memo?: Memo;
  },
): Promise<SensitivePreActivation[]> {
  const { graph, plan, table } = problem;
  const { pOfLayer, distributions, memo = noMemo } = options;
  const { grids } = quantizersFor(table, plan, pOfLayer);
  const ranked = rankPreActivations(preActivationGrids(graph, plan), { grids, distributions });
  const suspects = ranked.filter(({ excessDb }) => excessDb > minExcessDb).slice(0, maxTrials);
  if (suspects.length === 0) return [];

  const inputs = problem.inputs.slice(0, options.images);
  const screening = inputs.slice(0, Math.min(screeningImages, Math.ceil(inputs.length / 2)));
  const odolsWithout = (removed: readonly PreActivation[], images = inputs) => {
    const name = [images.length, ...removed.map(({ layer }) => layer.index)].join('/');
    return memo(name, z.array(z.number()), () =>
      odolByImage(workbench, { ...problem, inputs: images, plan: withoutGrids(plan, removed) }, pOfLayer),
    );
  };
  let current: readonly number[] = await odolsWithout([]);
  const standing = mean(current.slice(0, screening.length));
  const trials: { suspect: RankedPreActivation; odol: number }[] = [];
  for (const suspect of suspects) {
    trials.push({ suspect, odol: mean(await odolsWithout([suspect], screening)) });
  }
  const promising = trials.filter(({ odol }) => odol < standing).sort((a, b) => a.odol - b.odol);

  const splittable = new Set(leakyReluSplits(graph).map(({ weight }) => weight));
  const found: { suspect: PreActivation; finding: SensitivePreActivation }[] = [];
  for (const { suspect } of promising) {
    const odols = await odolsWithout([...found.map((before) => before.suspect), suspect]);
    const gain = 1 - mean(odols) / mean(current);
    const finding = {
      tensors: suspect.sites.flatMap(({ grid }) => grid.tensors),
      remedy: splittable.has(suspect.layer.weight) ? 'split' : 'float',
    } as const;
    if (gain < leastGain(finding, graph) || !beatsByOneStandardError(odols, current)) continue;
    found.push({ suspect, finding });
    current = odols;
  }
  return found.map(({ finding }) => finding);
}

/** Returns the share of the ODOL that it must be worth to mend a finding. */
function leastGain(finding: SensitivePreActivation, graph: Graph): number {
  if (finding.remedy === 'float') return minGain.most;
  const added = totalMacs(mendPreActivations(graph, [finding])) / totalMacs(graph) - 1;
  return clamp(minGain.forWork * added, minGain.least, minGain.most);
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
