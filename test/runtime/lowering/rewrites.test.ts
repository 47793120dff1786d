import test from 'ava';
import { fuseClip } from '../../../runtime/lowering/fuseClip.js';
import { fuseSilu } from '../../../runtime/lowering/fuseSilu.js';
import type { IntegerGraph } from '../../../runtime/lowering/integerGraph.js';
import { poolBeforeActivation } from '../../../runtime/lowering/poolBeforeActivation.js';
import { translateQdq } from '../../../runtime/lowering/qdq/translateQdq.js';
import { randomFeeds } from '../../helpers/graphs.js';
import { referenceOutputs } from '../../helpers/loweredRuns.js';
import { plainGrid, qdqGraph } from '../../helpers/qdqGraphs.js';

function integers(graph: ReturnType<typeof qdqGraph>): IntegerGraph {
  const { graph: lowered } = translateQdq(graph);
  if (lowered === undefined) throw new Error('expected a graph that can be lowered');
  return lowered;
}

const kinds = ({ operations }: IntegerGraph) => operations.map(({ kind }) => kind);

test('fuseSilu: a tensor times its sigmoid is one activation, of the same codes', (t) => {
  const graph = qdqGraph((g, x) => {
    const a = g.convOnGrid(x, { weights: [4, 3, 1, 1] });
    const gate = g.onGrid(g.node('Sigmoid', [a]), { scale: 0.00391, zeroPoint: 0 });
    return g.onGrid(g.node('Mul', [gate, a]), plainGrid);
  });
  const fused = fuseSilu(integers(graph));
  t.deepEqual(kinds(fused), ['convolution', 'activation']);
  const feeds = randomFeeds(graph);
  t.deepEqual(referenceOutputs(fused, feeds), referenceOutputs(integers(graph), feeds));
});

test('fuseSilu: a sigmoid of something else, or that others read too, stays', (t) => {
  const graph = qdqGraph((g, x) => {
    const [a, b] = [g.convOnGrid(x, { weights: [4, 3, 1, 1] }), g.convOnGrid(x, { weights: [4, 3, 1, 1] })];
    const unit = { scale: 0.00391, zeroPoint: 0 };
    const other = g.onGrid(g.node('Mul', [a, g.onGrid(g.node('Sigmoid', [b]), unit)]), plainGrid);
    const read = g.onGrid(g.node('Sigmoid', [other]), unit);
    return [g.onGrid(g.node('Mul', [other, read]), plainGrid), g.convOnGrid(read, { weights: [2, 4, 1, 1] })];
  });
  const before = integers(graph);
  t.deepEqual(kinds(fuseSilu(before)), kinds(before));
});

/** A ReLU behind a sum, each on a grid. */
const clippedSum = (before: { scale: number; zeroPoint: number }, behind: typeof before) =>
  qdqGraph((g, x) => {
    const [a, b] = [g.convOnGrid(x, { weights: [4, 3, 1, 1] }), g.convOnGrid(x, { weights: [4, 3, 1, 1] })];
    return g.onGrid(g.relu(g.onGrid(g.node('Add', [a, b]), before)), behind);
  });

test('fuseClip: a ReLU behind a sum, on a grid of the same step, is a range of its codes', (t) => {
  const graph = clippedSum({ scale: 0.0117, zeroPoint: 200 }, { scale: 0.0117, zeroPoint: 2 });
  const fused = fuseClip(integers(graph));
  t.deepEqual(kinds(fused), ['convolution', 'convolution', 'sum']);
  const sum = fused.operations.at(-1)!;
  // What the first grid cannot hold stays cut off.
  t.deepEqual(sum.kind === 'sum' && sum.codeRange, [2, 57]);
  const feeds = randomFeeds(graph);
  const { name } = graph.outputs[0]!;
  const got = referenceOutputs(fused, feeds)[name]!;
  t.deepEqual(got, referenceOutputs(integers(graph), feeds)[name]);
  t.true(new Set(got.data as Float32Array).size > 20);
});

test('fuseClip: a ReLU on a grid of another step rounds once more, and stays', (t) => {
  const graph = clippedSum({ scale: 0.0511, zeroPoint: 100 }, { scale: 0.0317, zeroPoint: 2 });
  t.deepEqual(kinds(fuseClip(integers(graph))), ['convolution', 'convolution', 'sum', 'activation']);
});

test('poolBeforeActivation: the largest of four is activated, not all four', (t) => {
  const graph = qdqGraph((g, x) => {
    const a = g.convOnGrid(x, { weights: [4, 3, 1, 1] });
    const b = g.onGrid(g.node('LeakyRelu', [a], { attributes: { alpha: 0.1 } }), {
      scale: 0.0207,
      zeroPoint: 40,
    });
    const attributes = { kernel_shape: [2, 2], strides: [2, 2] };
    return g.convOnGrid(g.onGrid(g.node('MaxPool', [b], { attributes }), { scale: 0.0207, zeroPoint: 40 }), {
      weights: [2, 4, 1, 1],
    });
  });
  const before = integers(graph);
  const after = poolBeforeActivation(before);
  t.deepEqual(kinds(after), ['convolution', 'maxPool', 'activation', 'convolution']);
  const feeds = randomFeeds(graph);
  t.deepEqual(referenceOutputs(after, feeds), referenceOutputs(before, feeds));
});
