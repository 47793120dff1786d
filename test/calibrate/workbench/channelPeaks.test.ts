import test from 'ava';
import { prepareGraph } from '../../../calibrate/quantize/prepareGraph.js';
import { channelPeaks } from '../../../calibrate/workbench/channelPeaks.js';
import { extractSubgraph } from '../../../runtime/graph/passes/extractSubgraph.js';
import { float32Tensor } from '../../../runtime/graph/tensor.js';
import { runOnce } from '../../helpers/graphRuns.js';
import { graphBuilder, randomFeeds } from '../../helpers/graphs.js';
import { workbench } from '../../helpers/searchProblem.js';

const dims = [1, 4, 9, 7];

function network(opset: number) {
  const g = graphBuilder({ opset });
  const features = g.relu(g.conv(g.input('x', dims), { weights: [6, 4, 3, 3] }));
  const graph = prepareGraph(g.build([g.conv(features, { weights: [2, 6, 1, 1] })]));
  return { graph, tensors: ['x', graph.nodes[0]!.outputs[0]!, features] };
}

for (const opset of [13, 17, 18, 21]) {
  test(`a channel's peak is the fourth power mean of the images' largest magnitudes, at opset ${opset}`, async (t) => {
    const { graph, tensors } = network(opset);
    const inputs = [1, 2, 3].map((seed) => randomFeeds(graph, seed));
    const peaks = await channelPeaks(workbench(), graph, { inputs, tensors });
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

  test(`NaN and infinity anywhere are an error that names tensor and image, at opset ${opset}`, async (t) => {
    const { graph } = network(opset);
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
      for (const position of [0, 37, 251]) {
        const broken = new Float32Array(4 * 9 * 7).fill(1);
        broken[position] = value;
        const inputs = [randomFeeds(graph), { x: float32Tensor(dims, broken) }];
        const error = await t.throwsAsync(channelPeaks(workbench(), graph, { inputs, tensors: ['x'] }), {
          code: 'activations_not_finite',
        });
        t.regex(error!.message, /tensor x on image 1/);
      }
    }
  });
}

test('nothing is run for no tensors', async (t) => {
  const { graph } = network(13);
  const bench = workbench();
  t.is((await channelPeaks(bench, graph, { inputs: [randomFeeds(graph)], tensors: [] })).size, 0);
  t.is(bench.counter.passes, 0);
});
