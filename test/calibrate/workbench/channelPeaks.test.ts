import test from 'ava';
import { prepareGraph } from '../../../calibrate/quantize/prepareGraph.js';
import { ChannelPeaks } from '../../../calibrate/workbench/channelPeaks.js';
import { extractSubgraph } from '../../../runtime/graph/passes/extractSubgraph.js';
import { runOnce } from '../../helpers/graphRuns.js';
import { graphBuilder, randomFeeds } from '../../helpers/graphs.js';
import { peaksOf } from '../../helpers/peaksOf.js';

function network(opset: number) {
  const g = graphBuilder({ opset });
  const features = g.relu(g.conv(g.input('x', [1, 4, 9, 7]), { weights: [6, 4, 3, 3] }));
  const graph = prepareGraph(g.build([g.conv(features, { weights: [2, 6, 1, 1] })]));
  return { graph, tensors: ['x', graph.nodes[0]!.outputs[0]!, features] };
}

for (const opset of [13, 17, 18, 21]) {
  test(`a channel's peak is the fourth power mean of the images' largest magnitudes, at opset ${opset}`, async (t) => {
    const { graph, tensors } = network(opset);
    const inputs = [1, 2, 3].map((seed) => randomFeeds(graph, seed));
    const peaks = await peaksOf(graph, { inputs, tensors });
    t.deepEqual([...peaks.keys()], tensors);
    for (const tensor of tensors) {
      const powers = new Float32Array(peaks.get(tensor)!.length);
      for (const feeds of inputs) {
        const values =
          tensor === 'x' ? feeds : await runOnce(extractSubgraph(graph, { to: [tensor] }), feeds);
        const data = values[tensor]!.data as Float32Array;
        const area = data.length / powers.length;
        for (const channel of powers.keys()) {
          const values = data.subarray(channel * area, (channel + 1) * area).map(Math.abs);
          powers[channel]! += Math.max(...values) ** 4;
        }
      }
      const expected = powers.map((sum) => (sum / inputs.length) ** 0.25);
      for (const [channel, value] of peaks.get(tensor)!.entries()) {
        t.true(Math.abs(value - expected[channel]!) <= 1e-5 * expected[channel]!, `${tensor} ${channel}`);
      }
    }
  });
}

test('the order of the images does not matter, to the last bit', (t) => {
  const samples = [0.1, 0.7, 1e3, 3e-5].map((x) => [
    {
      ...{ tensor: 'x', allFinite: true, stride: 1, values: new Float32Array() },
      extremes: Float32Array.of(-x, -2 * x, x / 2, x / 3),
    },
  ]);
  const peaksIn = (order: readonly number[]) => {
    const peaks = new ChannelPeaks(['x']);
    for (const image of order) peaks.add(samples[image]!, image);
    return peaks.peaks();
  };
  t.deepEqual(peaksIn([2, 0, 3, 1]), peaksIn([0, 1, 2, 3]));
});
