import test from 'ava';
import { indexOfP } from '../../../calibrate/quantize/lpMetric.js';
import { PerP } from '../../../calibrate/quantize/perP.js';
import type { ScaleTable } from '../../../calibrate/quantize/scaleTable.js';
import { mean } from '../../../calibrate/search/paired.js';
import { everywhere, odolByImage, type SearchProblem } from '../../../calibrate/search/problem.js';
import { retuneGrids } from '../../../calibrate/stages/retune.js';
import type { QuantParams } from '../../../runtime/quantParams.js';
import { flattered } from '../../helpers/flattered.js';
import { pyramidProblem, workbench } from '../../helpers/searchProblem.js';

const p2 = indexOfP(2);
const images = 12;
const network = (() => {
  const problem = pyramidProblem({ weightBits: 8, activationBits: 8, images });
  return () => problem;
})();

const gridOf = ({ plan }: SearchProblem, tensor: string) => plan.gridOfTensor.get(tensor)!;

const outputOf = ({ graph }: SearchProblem, node: string) =>
  graph.nodes.find(({ name }) => name === node)!.outputs[0]!;

/** Returns the table with one tensor's grid stretched by `factor`. */
function stretched({ table }: SearchProblem, grid: number, factor: number): ScaleTable {
  const wider = (params: QuantParams) => ({ ...params, scale: Math.fround(params.scale * factor) });
  const widened = new PerP(([p]) => [wider(table.grids[grid]!.at(p!))]);
  return { ...table, grids: table.grids.with(grid, widened) };
}

const retune = async (problem: SearchProblem, grids = 3) => {
  const bench = workbench();
  const table = await retuneGrids(bench, problem, { pOfLayer: everywhere(problem, p2), grids });
  return { table, passes: bench.counter.passes };
};

const odolOf = async (problem: SearchProblem, table: ScaleTable) =>
  mean(await odolByImage(workbench(), { ...problem, table }, everywhere(problem, p2)));

/** The network with the range of its sum halved, so that it clips hard. */
const clipping = (async () => {
  const plain = await network();
  const grid = gridOf(plain, outputOf(plain, 'sum'));
  const problem = { ...plain, table: stretched(plain, grid, 0.5) };
  return { grid, problem, retuned: await retune(problem) };
})();

test('the range of a sum that clips it hard is widened, under the p that its layer has', async (t) => {
  const {
    grid,
    problem: planted,
    retuned: { table },
  } = await clipping;
  t.is(table!.grids[grid]!.at(p2).scale, Math.fround(planted.table.grids[grid]!.at(p2).scale * 1.25));
  t.is(table!.grids[grid]!.at(p2 + 1), planted.table.grids[grid]!.at(p2 + 1));
  t.is(table!.weights, planted.table.weights);
  const [before, after] = [await odolOf(planted, planted.table), await odolOf(planted, table!)];
  t.true(after < 0.9 * before, `${before} to ${after}`);
});

test('a grid that wins by far on the images that chose it, and not on the others, is rejected', async (t) => {
  const plain = await network();
  const grid = gridOf(plain, outputOf(plain, 'sum'));
  const pOfLayer = everywhere(plain, p2);
  const ideal = stretched(plain, grid, 1.1);
  const scaleWhereFlattered = async (count: number) => {
    const problem = await flattered(plain, { pOfLayer, table: ideal, images: count, others: pOfLayer });
    const { table } = await retune(problem);
    return (table ?? plain.table).grids[grid]!.at(p2).scale;
  };
  t.is(await scaleWhereFlattered(images), ideal.grids[grid]!.at(p2).scale);
  t.is(await scaleWhereFlattered(images / 2), plain.table.grids[grid]!.at(p2).scale);
});

test('where nothing is lost there is nothing to re-tune', async (t) => {
  const plain = await network();
  const problem = await flattered(plain, { pOfLayer: everywhere(plain, p2), images });
  t.is((await retune(problem)).table, null);
});

test('no more grids are tried than are asked for', async (t) => {
  const problem = await network();
  const dones: string[] = [];
  await retuneGrids(workbench(), problem, {
    pOfLayer: everywhere(problem, p2),
    grids: 2,
    onGrid: (done, total) => dones.push(`${done} of ${total}`),
  });
  t.deepEqual(dones, ['1 of 2', '2 of 2']);
});

test('the same problem gives the same grids', async (t) => {
  const { problem, retuned } = await clipping;
  t.deepEqual(await retune(problem), retuned);
});
