import test from 'ava';
import {
  channelAlignments,
  kernelChoices,
} from '../../../../runtime/engines/onnxruntime/integer/kernelChoices.js';
import { float32Tensor } from '../../../../runtime/graph/tensor.js';
import { layoutChannels } from '../../../../runtime/lowering/layout/layoutChannels.js';
import { lowerQdq } from '../../../../runtime/lowering/lowerQdq.js';
import { runOnce } from '../../../helpers/graphRuns.js';
import { randomFeeds } from '../../../helpers/graphs.js';
import { integerOutputs, shareOfOtherCodes } from '../../../helpers/loweredRuns.js';
import { plainGrid, type qdqBuilder, qdqGraph } from '../../../helpers/qdqGraphs.js';

type Builder = ReturnType<typeof qdqBuilder>;

const wide = { scale: 0.0511, zeroPoint: 100 };

/** Of features [1, 6, 8, 8] on a grid what has no integer form. */
const parts: Record<string, (g: Builder, x: string) => string> = {
  'a function of one value': (g, x) => g.node('Elu', [x]),
  'a function with a slope per channel': (g, x) => g.node('PRelu', [x, g.weights(6, 1, 1)]),
  'a wider map': (g, x) =>
    g.node('ConvTranspose', [x, g.weights(6, 6, 2, 2)], { attributes: { strides: [2, 2] } }),
  'a sum of three': (g, x) => {
    const others = [1, 2].map(() => g.convOnGrid(x, { weights: [6, 6, 1, 1] }, wide));
    return g.node('Sum', [x, ...others]);
  },
  attention: (g, x) => {
    const flat = g.node('Reshape', [x, g.ints(1, 6, 64)]);
    const turned = g.node('Transpose', [flat], { attributes: { perm: [0, 2, 1] } });
    const shares = g.node('Softmax', [g.node('MatMul', [turned, flat])], { attributes: { axis: -1 } });
    return g.node('Reshape', [g.node('MatMul', [flat, shares]), g.ints(1, 6, 8, 8)]);
  },
  'a gathering, a clip': (g, x) => {
    const mixed = g.node(
      'Concat',
      [
        g.node('Slice', [x, g.ints(3), g.ints(6), g.ints(1)]),
        g.node('Slice', [x, g.ints(0), g.ints(3), g.ints(1)]),
      ],
      {
        attributes: { axis: 1 },
      },
    );
    const limit = g.constant(float32Tensor([], Float32Array.of(0.5)));
    return g.node('Min', [g.node('Softplus', [mixed]), limit]);
  },
};

/** Shares of other codes: a tie in the first convolution that falls on the other side moves all that the part makes of it. */
const tied: Readonly<Record<string, number>> = { 'a wider map': 0.03, 'a sum of three': 0.005 };

for (const [name, part] of Object.entries(parts)) {
  test(`${name}: a part in float between convolutions in integers gives the codes of the QDQ graph`, async (t) => {
    const graph = qdqGraph(
      (g, x) => {
        const before = g.convOnGrid(x, { weights: [6, 3, 3, 3], pad: 1 }, wide);
        return g.convOnGrid(g.onGrid(part(g, before), wide), { weights: [5, 6, 1, 1] });
      },
      { dims: [1, 3, 8, 8] },
    );
    const result = lowerQdq(graph);
    if (result.graph === undefined) throw new Error(result.reason);
    t.is(result.stoppedAt, undefined);
    t.is(result.convolutions.lowered, result.convolutions.total);
    const feeds = randomFeeds(graph);
    const wanted = await runOnce(graph, feeds);
    const [output = ''] = Object.keys(wanted);
    // As they lie, and with channels in other places and more of them around the part.
    for (const channels of ['packed', 'padded-filters'] as const) {
      const integers = layoutChannels(result.graph, channelAlignments[channels]);
      const got = await integerOutputs(integers, feeds, kernelChoices(integers, { channels }));
      const share = shareOfOtherCodes(wanted[output]!, got[output]!, plainGrid.scale);
      t.true(share <= (tied[name] ?? 0.001), `${channels} ${share}`);
    }
  });
}
