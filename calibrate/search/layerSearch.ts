import { allP, type PIndex } from '../quantize/lpMetric.js';
import type { Layer } from '../quantize/plan.js';
import type { ScaleTable } from '../quantize/scaleTable.js';
import { Prefix } from '../workbench/prefix.js';
import type { Workbench } from '../workbench/workbench.js';
import { LayerTrial } from './layerTrial.js';
import { beatsByOneStandardError, mean } from './paired.js';
import { quantizedGraph, type SearchProblem } from './problem.js';
import { unimodalWalk } from './unimodalWalk.js';

/** Images, half of all at most, that a layer's candidates are compared on; what stands out is judged on the others. */
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
 * the best is accepted when it gains more than one standard error, on those and then on the images that did not choose it.
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
  const { graph, plan, inputs } = problem;
  return Prefix.using([new Prefix(graph, plan, inputs)], (prefix) =>
    searchFrom(workbench, problem, { prefix, start, onLayer }),
  );
}

interface SearchFrom {
  readonly prefix: Prefix;
  readonly start: LayerSearchState;
  readonly onLayer: (state: LayerSearchState) => Promise<void> | void;
}

async function searchFrom(
  workbench: Workbench,
  problem: SearchProblem,
  { prefix, start, onLayer }: SearchFrom,
): Promise<LayerSearchState> {
  const { plan, table } = problem;
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

/**
 * Chooses on some images and accepts on all others: on those that chose it, the best of several candidates looks better
 * than it is.
 */
async function decide(trial: LayerTrial, candidates: readonly PIndex[], current: PIndex): Promise<Decision> {
  const screening = Math.min(screeningImages, Math.ceil(trial.images / 2));
  const screeningLoss = async (p: PIndex) => mean(await trial.losses(p, screening));
  const best = await unimodalWalk(candidates, current, screeningLoss);
  const wins = async (from: number, to: number) => {
    const [candidate, standing] = [await trial.losses(best, to), await trial.losses(current, to)];
    return beatsByOneStandardError(candidate.slice(from), standing.slice(from));
  };
  // A single image has to do for both.
  const others = trial.images > 1 ? screening : 0;
  // What does not stand out on the screening images is not worth the run over the others.
  const accepted = best !== current && (await wins(0, screening)) && (await wins(others, trial.images));
  const tried = await Promise.all(trial.tried.map(async (p) => ({ p, odol: await screeningLoss(p) })));
  return { p: accepted ? best : current, tried };
}

/** The p that give this layer different parameters, ascending; of equals the current one or else the least. */
function distinctCandidates(table: ScaleTable, layer: Layer, current: PIndex): PIndex[] {
  const weights = table.weights[layer.index]!.all();
  const keyOf = (p: PIndex) =>
    JSON.stringify([layer.grids.map((id) => table.grids[id]!.at(p)), weights.indexOf(weights[p]!)]);
  const seen = new Set([keyOf(current)]);
  return allP.filter((p) => {
    if (p === current) return true;
    const isNew = !seen.has(keyOf(p));
    seen.add(keyOf(p));
    return isNew;
  });
}
