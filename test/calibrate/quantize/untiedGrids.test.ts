import test from 'ava';
import { isUntied } from '../../../calibrate/quantize/isUntied.js';
import { untieGrids } from '../../../calibrate/quantize/untiedGrids.js';
import type { QuantParams } from '../../../runtime/quantParams.js';
import { seededRandom } from '../../helpers/random.js';

const everyGrid = () => true;
const oneSum = [{ kind: 'sum', operands: [0, 1], result: 2 }] as const;

function randomGrids(count: number, seed: number): QuantParams[] {
  const random = seededRandom(seed);
  return Array.from({ length: count }, () => ({
    scale: Math.fround(0.01 + random() * 0.1),
    zeroPoint: Math.floor(random() * 256),
    qmin: 0,
    qmax: 255,
  }));
}

const isUntiedSum = (grids: readonly QuantParams[]) => isUntied(oneSum[0], (id) => grids[id]!);

test("a sum's scale is moved by less than a ten thousandth to where engines agree", (t) => {
  let tied = 0;
  for (let seed = 1; seed <= 30; seed++) {
    const [a, b, sum] = randomGrids(3, seed) as [QuantParams, QuantParams, QuantParams];
    const [, , moved] = untieGrids(oneSum, [a, b, sum], everyGrid);
    if (!isUntiedSum([a, b, sum])) tied++;
    else t.is(moved, sum);
    t.true(isUntiedSum([a, b, moved!]), `seed ${seed}`);
    t.true(Math.abs(moved!.scale / sum.scale - 1) < 1e-4);
    t.is(moved!.zeroPoint, sum.zeroPoint);
  }
  t.true(tied >= 10, `${tied} of 30 sums had ties`);
});

test('a sum that halves its codes has ties for every other pair, and loses them', (t) => {
  const grid = { scale: 0.5, zeroPoint: 128, qmin: 0, qmax: 255 };
  const sum = { ...grid, scale: 1 };
  t.false(isUntiedSum([grid, grid, sum]));
  const [, , moved] = untieGrids(oneSum, [grid, grid, sum], everyGrid);
  t.true(isUntiedSum([grid, grid, moved!]));
});

test('a computation whose last grid may not be moved is settled at the last that may', (t) => {
  const gate = { scale: 1 / 256, zeroPoint: 0, qmin: 0, qmax: 255 };
  const result = { ...gate, scale: 0.25, zeroPoint: 41 };
  const code = { ...gate, scale: 0.5, zeroPoint: 128 };
  const product = { kind: 'product', operands: [1, 2], result: 0 } as const;
  const settled = untieGrids([product], [result, code, gate], (id) => id < 2);
  t.is(settled[0], result);
  t.is(settled[2], gate);
  t.false(isUntied(product, (id) => [result, code, gate][id]!));
  t.true(isUntied(product, (id) => settled[id]!));
});

test('a product of codes loses its ties, and so does what is multiplied by channel', (t) => {
  const code = { scale: 0.5, zeroPoint: 128, qmin: 0, qmax: 255 };
  const gate = { ...code, scale: 1 / 256, zeroPoint: 0 };
  // Of an odd zero point, half to even is otherwise about codes than about steps.
  const result = { ...code, scale: 0.25, zeroPoint: 41 };
  const product = { kind: 'product', operands: [0, 1], result: 2 } as const;
  const scaling = { kind: 'scaling', factors: [1, 0.125], operands: [0], result: 2 } as const;
  for (const one of [product, scaling]) {
    t.false(
      isUntied(one, (id) => [code, gate, result][id]!),
      one.kind,
    );
    const settled = untieGrids([one], [code, gate, result], everyGrid);
    t.true(
      isUntied(one, (id) => settled[id]!),
      one.kind,
    );
    t.true(Math.abs(settled[2]!.scale / result.scale - 1) < 1e-4);
  }
});

test('a chain of sums is settled one after the other, sums on one grid together', (t) => {
  const grids = randomGrids(5, 77);
  const sums = [
    { kind: 'sum', operands: [0, 1], result: 2 },
    { kind: 'sum', operands: [2, 3], result: 4 },
    { kind: 'sum', operands: [1, 3], result: 4 },
  ] as const;
  const settled = untieGrids(sums, grids, everyGrid);
  for (const sum of sums) t.true(isUntied(sum, (id) => settled[id]!));
  t.is(settled[0], grids[0]);
  t.is(settled[3], grids[3]);
});

test('a grid that nobody may move stays, and the same question has the same answer', (t) => {
  const grids = randomGrids(3, 5);
  t.deepEqual(
    untieGrids(oneSum, grids, () => false),
    grids,
  );
  const again = () => untieGrids(oneSum, grids, everyGrid)[2];
  t.is(again(), again());
});

test('behind a LeakyReLU the step of the grid before it is left by so much that no code is a tie', (t) => {
  const before = { scale: 0.0313, zeroPoint: 120, qmin: 0, qmax: 255 };
  const behind = { ...before, zeroPoint: 20 };
  const leaky = { kind: 'leakyRelu', slope: 0.1, operands: [0], result: 1 } as const;
  // -5 steps are half a step below zero.
  t.false(isUntied(leaky, (id) => [before, behind][id]!));
  const settled = untieGrids([leaky], [before, behind], everyGrid);
  t.true(isUntied(leaky, (id) => settled[id]!));
  t.true(Math.abs(settled[1]!.scale / behind.scale - 1) < 1e-3);
  // What is positive keeps its steps.
  for (let steps = 0; steps <= 135; steps++)
    t.is(Math.round((steps * before.scale) / settled[1]!.scale), steps);
});
