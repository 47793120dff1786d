import { z } from 'zod';
import type { PIndex } from '../quantize/lpMetric.js';
import type { ScaleTable } from '../quantize/scaleTable.js';
import { retuneGrids } from '../stages/retune.js';
import type { Course, Standing } from './course.js';
import type { Journal } from './journal.js';

const movesSchema = z.array(
  z.strictObject({ grid: z.int(), p: z.int(), scale: z.number().positive(), zeroPoint: z.int() }),
);

type Moves = z.infer<typeof movesSchema>;

/**
 * Returns the network with the activation grids re-tuned that cost most; `null` where none is better elsewhere.
 *
 * @param options.journal gets the grids that moved
 */
export async function retuned(
  course: Course,
  { network, pOfLayer }: Standing,
  { journal, onGrid }: { readonly journal: Journal; readonly onGrid: (done: number, total: number) => void },
): Promise<Standing | null> {
  const moves = await journal.once('retune/moves', movesSchema, async () => {
    const memo = journal.memo('retune');
    const table = await retuneGrids(course.workbench, course.problemOf(network), { pOfLayer, memo, onGrid });
    return table ? movesBetween(network.table, table, pOfLayer) : [];
  });
  return moves.length > 0 ? { network: { ...network, table: moved(network.table, moves) }, pOfLayer } : null;
}

function movesBetween(before: ScaleTable, after: ScaleTable, pOfLayer: readonly PIndex[]): Moves {
  return [...new Set(pOfLayer)].flatMap((p) =>
    after.grids.flatMap((choices, grid) => {
      const { scale, zeroPoint } = choices.at(p);
      return choices.at(p) === before.grids[grid]!.at(p) ? [] : [{ grid, p, scale, zeroPoint }];
    }),
  );
}

function moved(table: ScaleTable, moves: Moves): ScaleTable {
  const grids = [...table.grids];
  for (const { grid, p, scale, zeroPoint } of moves) {
    grids[grid] = grids[grid]!.with(p, { ...grids[grid]!.at(p), scale, zeroPoint });
  }
  return { ...table, grids };
}
