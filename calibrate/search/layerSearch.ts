import type { TensorMap } from '../../runtime/engines/engine.js';
import { extractSubgraph } from '../../runtime/graph/passes/extractSubgraph.js';
import { float32Tensor } from '../../runtime/graph/tensor.js';
import type { QuantParams } from '../../runtime/quantParams.js';
import { candidateFeeds } from '../quantize/insertQuantizers.js';
import type { PIndex } from '../quantize/lpMetric.js';
import type { Layer } from '../quantize/plan.js';
import type { ScaleTable } from '../quantize/scaleTable.js';
import { dequantizeWeights } from '../quantize/weightGrid.js';
import { beatsByOneStandardError, mean } from './paired.js';
import { Prefix, pick } from './prefix.js';
import { allP, quantizedGraph, type SearchProblem } from './problem.js';
import { runAll, type Workbench, withSession } from './workbench.js';

/** Images on which a layer's candidates are compared first; the best one is then judged on all. */
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
 * Coordinate descent over the layers from the input to the output (detptq.md 4): each layer's p is chosen
 * with everything before it as decided and everything behind it as it was, by the ODOL of the suffix run
 * from the quantized prefix. Candidates are walked outwards from the current p while they improve on the
 * screening images; the best is accepted when it gains more than one standard error over all images.
 *
 * Deterministic: the same problem and state give the same result, whatever the concurrency.
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
    const candidates = distinctCandidates(table, layer, pOfLayer[layer.index]!);
    const trial: Trial = { p: pOfLayer[layer.index]!, tried: [] };
    if (candidates.length > 1) {
      await prefix.advance(workbench, quantizedGraph(problem, pOfLayer), layer.position);
      Object.assign(trial, await searchLayer(workbench, problem, { layer, pOfLayer, candidates, prefix }));
    }
    state = {
      pOfLayer: pOfLayer.with(layer.index, trial.p),
      nextLayer: layer.index + 1,
      tried: state.tried.with(layer.index, trial.tried),
    };
    await onLayer(state);
  }
  return state;
}

interface Trial {
  p: PIndex;
  tried: readonly TriedP[];
}

/** Returns the p of one layer, with what was tried. */
async function searchLayer(
  workbench: Workbench,
  problem: SearchProblem,
  {
    layer,
    pOfLayer,
    candidates,
    prefix,
  }: { layer: Layer; pOfLayer: readonly PIndex[]; candidates: readonly PIndex[]; prefix: Prefix },
): Promise<Trial> {
  const { graph, table, odol } = problem;
  const open = quantizedGraph(problem, pOfLayer, layer);
  const missingOutputs = graph.outputs.map(({ name }) => name).filter((name) => !prefix.names.includes(name));
  const suffix = extractSubgraph(open, { from: prefix.names, to: missingOutputs });
  const macs = workbench.macsOf(suffix);
  const needed = new Set(suffix.inputs.map(({ name }) => name));

  return withSession(workbench, suffix, async (session) => {
    /** ODOL by image, from the first image on, as far as it was measured. */
    const measured = new Map<PIndex, number[]>();
    const measure = async (p: PIndex, images: number): Promise<readonly number[]> => {
      const known = measured.get(p) ?? [];
      const { feeds } = prefix;
      if (known.length < images) {
        const parameters = candidateFeeds(layer, {
          grids: new Map<number, QuantParams>(layer.grids.map((id) => [id, table.grids[id]![p]!])),
          weights: float32Tensor(
            table.weights[layer.index]![p]!.dims,
            dequantizeWeights(table.weights[layer.index]![p]!),
          ),
        });
        const missing = feeds
          .slice(known.length, images)
          .map((feed) => pick({ ...feed, ...parameters }, needed));
        const read = (outputs: TensorMap, i: number) => {
          const image = known.length + i;
          return odol.value(odol.terms(image, { ...feeds[image]!, ...outputs }));
        };
        measured.set(p, [...known, ...(await runAll(workbench, { session, macs }, missing, read))]);
      }
      return measured.get(p)!.slice(0, images);
    };

    const all = prefix.feeds.length;
    const screening = Math.min(screeningImages, all);
    const current = pOfLayer[layer.index]!;
    const best = await walk(candidates, current, async (p) => mean(await measure(p, screening)));
    const tried = [...measured].map(([p, values]) => ({ p, odol: mean(values.slice(0, screening)) }));
    tried.sort((a, b) => a.p - b.p);
    if (best === current) return { p: current, tried };
    const accepted = beatsByOneStandardError(await measure(best, all), await measure(current, all));
    return { p: accepted ? best : current, tried };
  });
}

/** Walks from `start` both ways along `candidates`, each way as long as the loss falls; returns the best. */
async function walk(
  candidates: readonly PIndex[],
  start: PIndex,
  loss: (p: PIndex) => Promise<number>,
): Promise<PIndex> {
  const startLoss = await loss(start);
  let best = start;
  let bestLoss = startLoss;
  for (const direction of [-1, 1]) {
    let least = startLoss;
    for (let i = candidates.indexOf(start) + direction; i >= 0 && i < candidates.length; i += direction) {
      const candidateLoss = await loss(candidates[i]!);
      if (candidateLoss >= least) break;
      least = candidateLoss;
      if (candidateLoss < bestLoss) {
        best = candidates[i]!;
        bestLoss = candidateLoss;
      }
    }
  }
  return best;
}

/**
 * The p that give this layer different parameters, ascending; of equals the current one or else the least.
 */
function distinctCandidates(table: ScaleTable, layer: Layer, current: PIndex): PIndex[] {
  const keyOf = (p: PIndex) =>
    JSON.stringify([
      layer.grids.map((id) => table.grids[id]![p]),
      table.weights[layer.index]!.indexOf(table.weights[layer.index]![p]!),
    ]);
  const seen = new Set([keyOf(current)]);
  return allP.flatMap((p) => {
    if (p === current) return [p];
    if (seen.has(keyOf(p))) return [];
    seen.add(keyOf(p));
    return [p];
  });
}
