import test from 'ava';
import type { IntegerGraph } from '../../../runtime/lowering/integerGraph.js';
import type { ChannelAlignment } from '../../../runtime/lowering/layout/channelAlignment.js';
import { layoutChannels } from '../../../runtime/lowering/layout/layoutChannels.js';
import { translateQdq } from '../../../runtime/lowering/qdq/translateQdq.js';
import { randomFeeds } from '../../helpers/graphs.js';
import { referenceOutputs } from '../../helpers/loweredRuns.js';
import { plainGrid, type qdqBuilder, qdqGraph } from '../../helpers/qdqGraphs.js';

type Builder = ReturnType<typeof qdqBuilder>;

const padded: ChannelAlignment = { tensor: 4, depthwise: 16, part: 4, fewest: 16, surplus: 1.35 };
const plain: ChannelAlignment = { tensor: 1, depthwise: 1, part: 1, fewest: 1, surplus: 1 };

function integers(graph: ReturnType<typeof qdqGraph>): IntegerGraph {
  const { graph: lowered } = translateQdq(graph);
  if (lowered === undefined) throw new Error('expected a graph that can be lowered');
  return lowered;
}

/** One unit of a ShuffleNet: half of the channels pass, half are convolved, and both are shuffled. */
function shuffleUnit(g: Builder, input: string, channels: number): string {
  const half = channels / 2;
  const part = (start: number) =>
    g.onGrid(g.node('Slice', [input, g.ints(start), g.ints(start + half), g.ints(1)]));
  const narrow = g.convOnGrid(part(half), { weights: [half, half, 1, 1] });
  const spread = g.convOnGrid(narrow, { weights: [half, 1, 3, 3], pad: 1, group: half });
  const wide = g.convOnGrid(spread, { weights: [half, half, 1, 1] });
  const joined = g.onGrid(g.node('Concat', [part(0), wide], { attributes: { axis: 1 } }));
  const apart = g.onGrid(g.node('Reshape', [joined, g.ints(1, 2, half, 8, 8)]));
  const turned = g.onGrid(g.node('Transpose', [apart], { attributes: { perm: [0, 2, 1, 3, 4] } }));
  return g.onGrid(g.node('Reshape', [turned, g.ints(1, channels, 8, 8)]));
}

const graphs = {
  'two ShuffleNet units': qdqGraph((g, x) => {
    const first = g.convOnGrid(x, { weights: [10, 3, 3, 3], pad: 1 });
    const units = shuffleUnit(g, shuffleUnit(g, first, 10), 10);
    return g.codedConv(units, { weights: [5, 10, 1, 1] });
  }),
  'a sum of a tensor and a gathering in another order': qdqGraph((g, x) => {
    const a = g.convOnGrid(x, { weights: [6, 3, 1, 1] });
    const parts = [
      g.node('Slice', [a, g.ints(4), g.ints(6), g.ints(1)]),
      g.node('Slice', [a, g.ints(0), g.ints(4), g.ints(1)]),
    ];
    const turned = g.onGrid(g.node('Concat', parts, { attributes: { axis: 1 } }));
    const sum = g.onGrid(g.node('Add', [a, turned]), { scale: 0.0611, zeroPoint: 110 });
    return g.convOnGrid(sum, { weights: [3, 6, 3, 3] });
  }),
  'a channel that is gathered twice, and one that is not': qdqGraph((g, x) => {
    const a = g.convOnGrid(x, { weights: [5, 3, 1, 1] });
    const part = (start: number, end: number) => g.node('Slice', [a, g.ints(start), g.ints(end), g.ints(1)]);
    const joined = g.onGrid(g.node('Concat', [part(1, 3), part(2, 5)], { attributes: { axis: 1 } }));
    return g.convOnGrid(joined, { weights: [5, 1, 3, 3], group: 5 });
  }),
  'gatherings that leave the network': qdqGraph((g, x) => {
    const a = g.convOnGrid(x, { weights: [5, 3, 1, 1] });
    const b = g.onGrid(g.node('LeakyRelu', [a], { attributes: { alpha: 0.1 } }), plainGrid);
    return [
      g.onGrid(g.node('Concat', [b, a], { attributes: { axis: 1 } })),
      g.convOnGrid(b, { weights: [2, 5, 1, 1] }),
    ];
  }),
  'a convolution in groups between others': qdqGraph((g, x) => {
    const a = g.convOnGrid(x, { weights: [6, 3, 1, 1] });
    const b = g.convOnGrid(a, { weights: [6, 3, 3, 3], group: 2 });
    return g.convOnGrid(b, { weights: [4, 6, 1, 1] });
  }),
};

for (const [title, graph] of Object.entries(graphs)) {
  for (const [name, alignment] of Object.entries({ padded, plain })) {
    test(`${title}, channels ${name}: computes the same to the bit`, (t) => {
      const before = integers(graph);
      const after = layoutChannels(before, alignment);
      const feeds = randomFeeds(graph);
      t.deepEqual(referenceOutputs(after, feeds), referenceOutputs(before, feeds));
      t.deepEqual(after.outputs, before.outputs);
    });
  }
}

test('channels lie in the multiples that were asked for, the images included', (t) => {
  const { tensors, operations, inputs } = layoutChannels(integers(graphs['two ShuffleNet units']), padded);
  t.is(tensors.get(inputs[0]!.name)!.shape[3], 4);
  for (const operation of operations) {
    if (operation.kind !== 'convolution' || tensors.get(operation.output)!.grid === null) continue;
    const [filters, , , depth] = operation.weightShape;
    t.is(filters % (operation.groups > 1 ? 16 : 4), 0);
    t.true(filters >= 16);
    if (operation.groups === 1) t.is(depth % 4, 0);
  }
});

test('a shuffle takes a run per tensor that it reads, instead of one per channel', (t) => {
  const before = integers(graphs['two ShuffleNet units']);
  const after = layoutChannels(before, plain);
  const runs = ({ operations }: IntegerGraph) =>
    operations.flatMap((operation) => (operation.kind === 'gatherChannels' ? operation.runs.length : []));
  t.true(Math.max(...runs(before)) >= 5);
  t.true(Math.max(...runs(after)) <= 4);
});
