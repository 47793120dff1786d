import test from 'ava';
import { planQuantization } from '../../../calibrate/quantize/plan.js';
import { scalesDigest } from '../../../calibrate/quantize/scalesDigest.js';
import { buildScaleTable, quantizersFor, rebuildScaleTable } from '../../../calibrate/quantize/scaleTable.js';
import { everywhere } from '../../../calibrate/search/problem.js';
import { distributionOf } from '../../helpers/distributions.js';
import { pyramidProblem } from '../../helpers/searchProblem.js';

test('there is a choice for every grid, layer and p; fixed grids have the same for all', async (t) => {
  const { plan, table } = await pyramidProblem();
  t.is(table.grids.length, plan.grids.length);
  t.is(table.weights.length, plan.layers.length);
  const scalesOf = (id: number) => new Set(table.grids[id]!.all().map(({ scale }) => scale)).size;
  for (const { id, rule, bits } of plan.grids) {
    if (rule !== 'search') t.is(scalesOf(id), 1);
    else if (bits < 8) t.true(scalesOf(id) > 1, plan.grids[id]!.tensors[0]);
  }
});

test("a sigmoid's grid is [0, 1) in 256 steps, the image's reaches from its least to its largest value", async (t) => {
  const { plan, table, inputs } = await pyramidProblem({ activationBits: 4 });
  t.deepEqual(table.grids[plan.gridOfTensor.get('fine_gate')!]!.at(0), {
    scale: 1 / 256,
    zeroPoint: 0,
    qmin: 0,
    qmax: 255,
  });
  const pixels = inputs.flatMap(({ image }) => [...(image!.data as Float32Array)]);
  const { scale, qmax } = table.grids[0]!.at(0);
  t.is(scale, Math.fround((Math.max(...pixels) - Math.min(0, ...pixels)) / qmax));
});

test("each layer's p chooses its weights and its grids, and nobody else's", async (t) => {
  const { plan, table } = await pyramidProblem();
  const before = quantizersFor(table, plan, everywhere({ plan }, 2));
  for (const layer of plan.layers) {
    const after = quantizersFor(table, plan, everywhere({ plan }, 2).with(layer.index, 6));
    for (const { id } of plan.grids) {
      const expected = layer.grids.includes(id) ? table.grids[id]!.at(6) : before.grids[id]!;
      // Moved to where engines agree, which depends on the grids before it.
      t.true(Math.abs(after.grids[id]!.scale / expected.scale - 1) < 0.05);
      t.is(after.grids[id]!.zeroPoint, expected.zeroPoint);
    }
    for (const other of plan.layers) {
      const p = other === layer ? 6 : 2;
      t.is(after.weights[other.index], table.weights[other.index]!.at(p));
    }
  }
});

test('p that give a layer the same scales share one object', async (t) => {
  const { table } = await pyramidProblem({ weightBits: 8 });
  for (const choices of table.weights) {
    for (const a of choices.all()) {
      for (const b of choices.all()) t.is(a === b, a.scales.join() === b.scales.join());
    }
  }
});

test('observed anew, a network keeps the weights that were chosen, at other bits it does not', async (t) => {
  const { graph, plan, table } = await pyramidProblem({ weightBits: 4 });
  const centers = Float64Array.of(0.5);
  const distributions = plan.grids.map(() => ({ centers, weights: Float64Array.of(1), min: 0, max: 1 }));
  const chosen = buildScaleTable(graph, plan, distributions).weights;
  const layers = plan.layers.map((layer) => ({ ...layer, weightBits: 3 }));
  const atOtherBits = buildScaleTable(graph, { ...plan, layers }, distributions).weights;
  for (const { index } of plan.layers) {
    t.is(chosen[index], table.weights[index]);
    t.not(atOtherBits[index], table.weights[index]);
  }
});

test('the digest of the scales changes with any of them, and only then', async (t) => {
  const { plan, table } = await pyramidProblem();
  const quantizers = quantizersFor(table, plan, everywhere({ plan }, 2));
  const digest = scalesDigest(quantizers);
  t.regex(digest, /^[0-9a-f]{64}$/);
  t.is(scalesDigest(quantizersFor(table, plan, everywhere({ plan }, 2))), digest);
  const last = quantizers.grids.length - 1;
  const moved = { ...quantizers.grids[last]!, zeroPoint: quantizers.grids[last]!.zeroPoint + 1 };
  t.not(scalesDigest({ ...quantizers, grids: quantizers.grids.with(last, moved) }), digest);
  t.not(scalesDigest(quantizersFor(table, plan, everywhere({ plan }, 2).with(3, 0))), digest);
});

test('planned at other bits, grids that keep theirs are kept, and the rest is as if built anew', async (t) => {
  const { graph, plan, table } = await pyramidProblem({ weightBits: 8, activationBits: 8 });
  const values = distributionOf(Float32Array.from({ length: 4000 }, (_, i) => Math.sin(i) * 3));
  const distributions = plan.grids.map(() => values);
  for (const bits of [
    { weightBits: 4, activationBits: 8 },
    { weightBits: 8, activationBits: 4 },
  ]) {
    const other = planQuantization(graph, bits);
    const built = buildScaleTable(graph, other, distributions);
    const rebuilt = rebuildScaleTable(graph, other, { plan, table, distributions });
    for (const [layer, choices] of rebuilt.weights.entries()) {
      t.deepEqual(choices.all(), built.weights[layer]!.all());
    }
    for (const { id, bits: now } of other.grids) {
      if (now === plan.grids[id]!.bits) t.is(rebuilt.grids[id], table.grids[id]);
      else t.deepEqual(rebuilt.grids[id]!.all(), built.grids[id]!.all());
    }
  }
});
