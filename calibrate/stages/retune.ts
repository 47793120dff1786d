import { z } from 'zod';
import type { QuantParams } from '../../runtime/quantParams.js';
import type { PIndex } from '../quantize/lpMetric.js';
import type { ScaleTable } from '../quantize/scaleTable.js';
import { type Memo, noMemo } from '../search/memo.js';
import { odolFromPrefix } from '../search/odolFromPrefix.js';
import { beatsByOneStandardError, mean } from '../search/paired.js';
import { quantizedGraph, type SearchProblem } from '../search/problem.js';
import { unimodalWalk } from '../search/unimodalWalk.js';
import { Prefix } from '../workbench/prefix.js';
import type { Workbench } from '../workbench/workbench.js';
import { scaledGrids, shiftedGrids } from './gridMoves.js';
import { type GridSensitivity, gridSensitivities } from './gridSensitivity.js';

export interface RetuneOptions {
  readonly pOfLayer: readonly PIndex[];
  /** Images that tell which grids hurt. Default: 4. */
  readonly sensitivityImages?: number;
  /** Grids that are re-tuned, the most sensitive. Default: 12. */
  readonly grids?: number;
  /** Of what is measured of each grid, and of what each is re-tuned to. Default: none. */
  readonly memo?: Memo;
  /** Called after every grid. */
  readonly onGrid?: (done: number, total: number) => void;
}

/** Images, half of all at most, that a grid's candidates are compared on. */
const choosingImages = 8;

/**
 * Re-tunes the scales and zero points of the activation grids that cost the detections most, around where the Lp metric
 * put them: no p sees what a clipped sum or concatenation does to the detections (detptq.md 5). From the input to the
 * output, on the quantized prefix, each grid's range is made narrower and wider and then moved, as long as that lowers
 * the ODOL on some images; the best is accepted when it wins by more than one standard error there and on all others,
 * which did not choose it.
 *
 * Cost in passes: for the sensitivities about half the number of grids times `sensitivityImages / images`, then 1 for the
 * prefix and, at half of the network, at most 2 for each of the `grids` re-tuned. On YOLOX-Nano, with 406 grids, 44 in all
 * over 32 images.
 *
 * @returns the table with the new grids under the p that their layers have; `null` when there is none
 * @throws AgentError `aborted`
 */
export async function retuneGrids(
  workbench: Workbench,
  problem: SearchProblem,
  { pOfLayer, sensitivityImages: images = 4, grids = 12, memo = noMemo, onGrid }: RetuneOptions,
): Promise<ScaleTable | null> {
  const sensitivities = await gridSensitivities(workbench, problem, {
    ...{ pOfLayer, images },
    memo: (name, ...rest) => memo(`without/${name}`, ...rest),
  });
  const sensitive = sensitivities
    .filter(({ gain }) => gain > 0)
    .slice(0, grids)
    .sort((a, b) => a.layer.position - b.layer.position || a.grid - b.grid);
  const { graph, plan, inputs } = problem;
  return Prefix.using([new Prefix(graph, plan, inputs)], (prefix) =>
    retuneFrom(prefix, workbench, { problem, pOfLayer, sensitive, memo, onGrid }),
  );
}

const positionSchema = z.strictObject({ scale: z.number().positive(), zeroPoint: z.int() });

async function retuneFrom(
  prefix: Prefix,
  workbench: Workbench,
  {
    problem,
    pOfLayer,
    sensitive,
    memo,
    onGrid,
  }: Pick<RetuneOptions, 'pOfLayer'> & {
    problem: SearchProblem;
    sensitive: readonly GridSensitivity[];
    memo: Memo;
    onGrid: RetuneOptions['onGrid'] | undefined;
  },
): Promise<ScaleTable | null> {
  const { graph, plan } = problem;
  let { table } = problem;
  for (const [done, { grid, layer }] of sensitive.entries()) {
    await prefix.advance(workbench, quantizedGraph({ graph, plan, table }, pOfLayer), layer.position);
    const p = pOfLayer[layer.index]!;
    const standing = table.grids[grid]!.at(p);
    const losses = lossesOf(workbench, { ...problem, table }, { grid, pOfLayer, p, prefix });
    const { scale, zeroPoint } = await memo(`grid/${grid}`, positionSchema, async () => {
      const { scale, zeroPoint } = await retuned(losses, standing);
      return { scale, zeroPoint };
    });
    if (scale !== standing.scale || zeroPoint !== standing.zeroPoint)
      table = withGrid(table, { grid, p }, { ...standing, scale, zeroPoint });
    onGrid?.(done + 1, sensitive.length);
  }
  return table === problem.table ? null : table;
}

async function retuned(losses: Losses, standing: QuantParams): Promise<QuantParams> {
  const choosingLoss = async (candidate: QuantParams) => mean(await losses(candidate, 'choosing'));
  const scaled = await unimodalWalk(scaledGrids(standing), standing, choosingLoss);
  const best = await unimodalWalk(shiftedGrids(scaled), scaled, choosingLoss);
  if (best === standing) return standing;
  const wins = async (part: Part) =>
    beatsByOneStandardError(await losses(best, part), await losses(standing, part));
  return (await wins('choosing')) && (await wins('accepting')) ? best : standing;
}

type Part = 'choosing' | 'accepting';

/** Returns the ODOL by image of one part of the images, the grid as given; a single image is in both. */
type Losses = (candidate: QuantParams, part: Part) => Promise<readonly number[]>;

/** Returns the losses of one grid's candidates, each measured once. */
function lossesOf(
  workbench: Workbench,
  problem: SearchProblem,
  { grid, pOfLayer, p, prefix }: { grid: number; pOfLayer: readonly PIndex[]; p: PIndex; prefix: Prefix },
): Losses {
  const images = prefix.feeds.length;
  const choosing = Math.min(choosingImages, Math.ceil(images / 2));
  const ranges = {
    choosing: { from: 0, to: choosing },
    accepting: { from: images > 1 ? choosing : 0, to: images },
  };
  const measured = new Map<string, readonly number[]>();
  return async (candidate, part) => {
    const key = `${part} ${candidate.scale} ${candidate.zeroPoint}`;
    const known = measured.get(key);
    if (known) return known;
    const table = withGrid(problem.table, { grid, p }, candidate);
    const quantized = quantizedGraph({ ...problem, table }, pOfLayer);
    const losses = await odolFromPrefix(workbench, problem, { prefix, quantized, ...ranges[part] });
    measured.set(key, losses);
    return losses;
  };
}

function withGrid(
  table: ScaleTable,
  { grid, p }: { grid: number; p: PIndex },
  params: QuantParams,
): ScaleTable {
  return { ...table, grids: table.grids.with(grid, table.grids[grid]!.with(p, params)) };
}
