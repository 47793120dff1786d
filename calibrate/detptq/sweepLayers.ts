import type { PIndex } from '../quantize/lpMetric.js';
import { type LayerSearchState, searchLayers } from '../search/layerSearch.js';
import { everywhere, type SearchProblem } from '../search/problem.js';
import type { Workbench } from '../workbench/workbench.js';
import { type Checkpoint, type CheckpointKey, readCheckpoint, writeCheckpoint } from './checkpoint.js';

export interface SweepOptions {
  /** Sweeps over all layers; each starts from what the one before it decided. */
  readonly sweeps: number;
  /** The p that every layer starts from. */
  readonly start: PIndex;
  readonly key: CheckpointKey;
  /** Written after every layer; what it holds is gone on from. */
  readonly checkpoint: Checkpoint | undefined;
  /** Called after every layer with the layers done, over all sweeps. */
  readonly onLayer: (done: number) => void;
}

/**
 * Returns one p per layer, found by sweeps of `searchLayers`, going on from the checkpoint where there is one: the
 * result is that of an uninterrupted search.
 *
 * @throws AgentError `checkpoint_mismatch`, `aborted`
 */
export async function sweepLayers(
  workbench: Workbench,
  problem: SearchProblem,
  { sweeps, start, key, checkpoint, onLayer }: SweepOptions,
): Promise<LayerSearchState> {
  const layers = problem.plan.layers.length;
  const saved = await checkpoint?.load();
  const resumed = saved ? readCheckpoint(saved, key) : undefined;
  let state: LayerSearchState = resumed?.state ?? {
    pOfLayer: everywhere(problem, start),
    nextLayer: 0,
    tried: problem.plan.layers.map(() => []),
  };
  for (let sweep = resumed?.sweep ?? 0; sweep < sweeps; sweep++) {
    state = await searchLayers(workbench, problem, state, async (next) => {
      await checkpoint?.save(writeCheckpoint(key, { sweep, state: next }));
      onLayer(sweep * layers + next.nextLayer);
    });
    if (sweep + 1 < sweeps) state = { ...state, nextLayer: 0 };
  }
  return state;
}
