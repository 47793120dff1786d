import test from 'ava';
import { foldPixels } from '../../../runtime/lowering/foldPixels.js';
import type { IntegerGraph } from '../../../runtime/lowering/integerGraph.js';
import { translateQdq } from '../../../runtime/lowering/qdq/translateQdq.js';
import { randomFeeds } from '../../helpers/graphs.js';
import { referenceOutputs } from '../../helpers/loweredRuns.js';
import { qdqGraph } from '../../helpers/qdqGraphs.js';

function integers(graph: ReturnType<typeof qdqGraph>): IntegerGraph {
  const { graph: lowered } = translateQdq(graph);
  if (lowered === undefined) throw new Error('expected a graph that can be lowered');
  return lowered;
}

for (const [kernel, pad] of [
  [3, 1],
  [4, 1],
  [6, 2],
  [7, 3],
] as const) {
  test(`a ${kernel}x${kernel} convolution of stride 2 reads blocks of pixels and computes the same to the bit`, (t) => {
    const graph = qdqGraph((g, x) => g.convOnGrid(x, { weights: [5, 3, kernel, kernel], pad, stride: 2 }));
    const before = integers(graph);
    const after = foldPixels(before);
    const [image] = after.inputs;
    t.is(image!.blockSize, 2);
    t.deepEqual(after.tensors.get(image!.name)!.shape, [1, 4, 4, 12]);
    const feeds = randomFeeds(graph);
    t.deepEqual(referenceOutputs(after, feeds), referenceOutputs(before, feeds));
  });
}

test('an image that two convolutions read, or one of stride 1 or of a single pixel, stays', (t) => {
  const graphs = [
    qdqGraph((g, x) => g.convOnGrid(x, { weights: [5, 3, 1, 1], stride: 2 })),
    qdqGraph((g, x) => g.convOnGrid(x, { weights: [5, 3, 3, 3], pad: 1 })),
    qdqGraph((g, x) => [
      g.convOnGrid(x, { weights: [5, 3, 3, 3], pad: 1, stride: 2 }),
      g.convOnGrid(x, { weights: [4, 3, 3, 3], pad: 1, stride: 2 }),
    ]),
  ];
  for (const graph of graphs) t.deepEqual(foldPixels(integers(graph)), integers(graph));
});

test('narrower kernels than are asked for stay, and inputs of many channels', (t) => {
  const narrow = integers(qdqGraph((g, x) => g.convOnGrid(x, { weights: [5, 3, 3, 3], pad: 1, stride: 2 })));
  t.deepEqual(foldPixels(narrow, 5), narrow);
  const deep = qdqGraph((g, x) => g.convOnGrid(x, { weights: [5, 8, 3, 3], pad: 1, stride: 2 }), {
    dims: [1, 8, 8, 8],
  });
  t.deepEqual(foldPixels(integers(deep)), integers(deep));
});
