import type { PIndex } from '../quantize/lpMetric.js';
import type { Layer } from '../quantize/plan.js';
import type { ScaleTable } from '../quantize/scaleTable.js';
import { Prefix } from '../workbench/prefix.js';
import type { Workbench } from '../workbench/workbench.js';
import { LayerTrial } from './layerTrial.js';
import { beatsByOneStandardError, mean } from './paired.js';
import { allP, quantizedGraph, type SearchProblem } from './problem.js';

/** Images on which a layer's candidates are compared first; what stands out there is judged on all. */
const screeningImages = 8;

/** How far the search is: enough, with the same problem, to go on as if it had never stopped. */
export interface LayerSearchState {
  /** By layer index; layers from `nextLayer` on have the p that the search started from. */
  readonly pOfLayer: readonly PIndex[];
  readonly nextLayer: number;
  /** By layer index, ODOL on the screening images of every p that was tried. */
  readonly tried: readonly (readonly TriedP[])[];
}

export interface TriedP {
  readonly p: PIndex;
  readonly odol: number;
}

/**
 * Coordinate descent over the layers from the input to the output (detptq.md 4): each layer's p is chosen with
 * everything before it as decided and everything behind it as it was, by the ODOL of the suffix run from the
 * quantized prefix. Candidates are walked outwards from the current p while they improve on the screening images;
 * the best is accepted when it gains more than one standard error, on those and then over all images.
 *
 * Deterministic: the same problem and state give the same result.
 *
 * @param onLayer called with the state after every layer; awaited, so that it can be written down
 * @throws AgentError `aborted`
 */
export async function searchLayers(
  workbench: Workbench,
  problem: SearchProblem,
  start: LayerSearchState,
  onLayer: (state: LayerSearchState) => Promise<void> | void,
): Promise<LayerSearchState> {
  const { graph, plan, table, inputs } = problem;
  const prefix = new Prefix(graph, plan, inputs);
  let state = start;
  for (const layer of plan.layers.slice(start.nextLayer)) {
    const { pOfLayer } = state;
    const current = pOfLayer[layer.index]!;
    const candidates = distinctCandidates(table, layer, current);
    let decision: Decision = { p: current, tried: [] };
    if (candidates.length > 1) {
      await prefix.advance(workbench, quantizedGraph(problem, pOfLayer), layer.position);
      decision = await LayerTrial.run(workbench, problem, { layer, pOfLayer, prefix }, (trial) =>
        decide(trial, candidates, current),
      );
    }
    state = {
      pOfLayer: pOfLayer.with(layer.index, decision.p),
      nextLayer: layer.index + 1,
      tried: state.tried.with(layer.index, decision.tried),
    };
    await onLayer(state);
  }
  return state;
}

interface Decision {
  readonly p: PIndex;
  readonly tried: readonly TriedP[];
}

async function decide(trial: LayerTrial, candidates: readonly PIndex[], current: PIndex): Promise<Decision> {
  const screening = Math.min(screeningImages, trial.images);
  const screeningLoss = async (p: PIndex) => mean(await trial.losses(p, screening));
  const best = await walk(candidates, current, screeningLoss);
  const wins = async (images: number) =>
    beatsByOneStandardError(await trial.losses(best, images), await trial.losses(current, images));
  // One rung after the other: what does not stand out on the screening images is not worth the run over all.
  const accepted = best !== current && (await wins(screening)) && (await wins(trial.images));
  const tried = await Promise.all(trial.tried.map(async (p) => ({ p, odol: await screeningLoss(p) })));
  return { p: accepted ? best : current, tried };
}

/** Walks from `start` both ways along `candidates`, each way as long as the loss falls; returns the best. */
async function walk(
  candidates: readonly PIndex[],
  start: PIndex,
  loss: (p: PIndex) => Promise<number>,
): Promise<PIndex> {
  const startLoss = await loss(start);
  let best = { p: start, loss: startLoss };
  for (const direction of [-1, 1]) {
    let least = startLoss;
    for (let i = candidates.indexOf(start) + direction; i >= 0 && i < candidates.length; i += direction) {
      const candidate = { p: candidates[i]!, loss: await loss(candidates[i]!) };
      if (candidate.loss >= least) break;
      least = candidate.loss;
      if (least < best.loss) best = candidate;
    }
  }
  return best.p;
}

/** The p that give this layer different parameters, ascending; of equals the current one or else the least. */
function distinctCandidates(table: ScaleTable, layer: Layer, current: PIndex): PIndex[] {
  const weights = table.weights[layer.index]!;
  const keyOf = (p: PIndex) =>
    JSON.stringify([layer.grids.map((id) => table.grids[id]![p]), weights.indexOf(weights[p]!)]);
  const seen = new Set([keyOf(current)]);
  return allP.filter((p) => {
    if (p === current) return true;
    const isNew = !seen.has(keyOf(p));
    seen.add(keyOf(p));
    return isNew;
  });
}
