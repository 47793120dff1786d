import { z } from 'zod';
import type { PIndex } from '../quantize/lpMetric.js';
import type { Layer, QuantizationPlan } from '../quantize/plan.js';
import { type Memo, noMemo } from '../search/memo.js';
import { odolFromPrefix } from '../search/odolFromPrefix.js';
import { mean } from '../search/paired.js';
import { quantizedGraph, type SearchProblem } from '../search/problem.js';
import { Prefix } from '../workbench/prefix.js';
import type { Workbench } from '../workbench/workbench.js';

export interface GridSensitivity {
  /** Id of the grid. */
  readonly grid: number;
  /** The layer that owns it. */
  readonly layer: Layer;
  /** By how much the mean ODOL falls when this grid alone goes. */
  readonly gain: number;
}

/**
 * Returns what each grid that the Lp metric chose costs the detections, the most costly first; the network is run from
 * the quantized prefix, about half of it for every grid.
 *
 * @param options.images how many of the problem's images are run
 * @param options.memo of the ODOL without each grid. Default: none.
 * @throws AgentError `aborted`
 */
export async function gridSensitivities(
  workbench: Workbench,
  problem: SearchProblem,
  {
    pOfLayer,
    images,
    memo = noMemo,
  }: { readonly pOfLayer: readonly PIndex[]; readonly images: number; readonly memo?: Memo },
): Promise<GridSensitivity[]> {
  const { graph, plan, inputs } = problem;
  return Prefix.using([new Prefix(graph, plan, inputs.slice(0, images))], (prefix) =>
    sensitivitiesFrom(prefix, workbench, { problem, pOfLayer, memo }),
  );
}

async function sensitivitiesFrom(
  prefix: Prefix,
  workbench: Workbench,
  { problem, pOfLayer, memo }: { problem: SearchProblem; pOfLayer: readonly PIndex[]; memo: Memo },
): Promise<GridSensitivity[]> {
  const { plan } = problem;
  const quantized = quantizedGraph(problem, pOfLayer);
  const current = mean(await odolFromPrefix(workbench, problem, { prefix, quantized }));
  const found: GridSensitivity[] = [];
  for (const layer of plan.layers) {
    const grids = layer.grids.filter((id) => plan.grids[id]!.rule === 'search');
    if (grids.length > 0) await prefix.advance(workbench, quantized, layer.position);
    for (const grid of grids) {
      const without = quantizedGraph({ ...problem, plan: withoutGrid(plan, grid) }, pOfLayer);
      const loss = async () => mean(await odolFromPrefix(workbench, problem, { prefix, quantized: without }));
      found.push({ grid, layer, gain: current - (await memo(`${grid}`, z.number(), loss)) });
    }
  }
  return found.sort((a, b) => b.gain - a.gain || a.grid - b.grid);
}

/** The same plan, with the same grid ids, but no quantizer on this grid. */
function withoutGrid(plan: QuantizationPlan, grid: number): QuantizationPlan {
  return { ...plan, gridOfTensor: new Map([...plan.gridOfTensor].filter(([, id]) => id !== grid)) };
}
