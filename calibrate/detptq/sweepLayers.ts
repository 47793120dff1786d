import { z } from 'zod';
import { type PIndex, pValues } from '../quantize/lpMetric.js';
import { type LayerSearchState, searchLayers, type TriedP } from '../search/layerSearch.js';
import { everywhere, type SearchProblem } from '../search/problem.js';
import type { Workbench } from '../workbench/workbench.js';
import type { Journal } from './journal.js';

export interface SweepOptions {
  /** Sweeps over all layers; each starts from what the one before it decided. */
  readonly sweeps: number;
  /** The p that every layer starts from. */
  readonly start: PIndex;
  /** Gets a step per layer; layers that it has are gone on from. */
  readonly journal: Journal;
  /** Called after every layer with the layers done, over all sweeps, and what was tried for the last. */
  readonly onLayer: (done: number, tried: readonly TriedP[]) => void;
}

const pIndex = z.int().min(0).lt(pValues.length);

const decisionSchema = z.strictObject({
  p: pIndex,
  tried: z.array(z.strictObject({ p: pIndex, odol: z.number() })),
});

const stepName = (sweep: number, layer: number) => `perLayer/${sweep}/${layer}`;

/**
 * Returns one p per layer, found by sweeps of `searchLayers`, going on from the journal where it has layers: the
 * result is that of an uninterrupted search.
 *
 * @throws AgentError `checkpoint_mismatch`, `aborted`; what the checkpoint throws
 */
export async function sweepLayers(
  workbench: Workbench,
  problem: SearchProblem,
  { sweeps, start, journal, onLayer }: SweepOptions,
): Promise<LayerSearchState> {
  const layers = problem.plan.layers.length;
  let state: LayerSearchState = {
    pOfLayer: everywhere(problem, start),
    nextLayer: 0,
    tried: problem.plan.layers.map(() => []),
  };
  for (let sweep = 0; sweep < sweeps; sweep++) {
    state = withRecorded({ ...state, nextLayer: 0 }, journal, sweep);
    state = await searchLayers(workbench, problem, state, async (next) => {
      const layer = next.nextLayer - 1;
      const decision = { p: next.pOfLayer[layer]!, tried: next.tried[layer]! };
      await journal.record(stepName(sweep, layer), decision);
      onLayer(sweep * layers + next.nextLayer, decision.tried);
    });
  }
  return state;
}

/** Returns the state behind the last layer of the sweep that the journal has. */
function withRecorded(start: LayerSearchState, journal: Journal, sweep: number): LayerSearchState {
  let state = start;
  for (let layer = 0; layer < state.pOfLayer.length; layer++) {
    const decision = journal.recorded(stepName(sweep, layer), decisionSchema);
    if (decision === undefined) break;
    state = {
      pOfLayer: state.pOfLayer.with(layer, decision.p),
      nextLayer: layer + 1,
      tried: state.tried.with(layer, decision.tried),
    };
  }
  return state;
}
