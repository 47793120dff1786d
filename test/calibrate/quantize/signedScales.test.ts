import test from 'ava';
import { chooseSignedScales } from '../../../calibrate/quantize/signedScales.js';
import {
  chooseWeightScales,
  dequantizeWeights,
  roundWeights,
} from '../../../calibrate/quantize/weightGrid.js';
import { onnxruntimeEngine } from '../../../runtime/engines/onnxruntime/onnxruntimeEngine.js';
import { float32Tensor } from '../../../runtime/graph/tensor.js';
import { gaussian } from '../../helpers/distributions.js';
import { runOnce } from '../../helpers/graphRuns.js';
import { graphBuilder, randomFeeds } from '../../helpers/graphs.js';

/** Four channels whose tails differ: odd ones reach further up. */
const skewed = float32Tensor(
  [4, 200],
  gaussian(800, 1).map((w, i) => {
    const isUp = Math.floor(i / 200) % 2 === 1;
    return w > 0 === isUp ? 1.5 * w : w;
  }),
);

test('at 4 bits and fewer, scales are negative where weights reach further up than down', (t) => {
  for (const bits of [2, 3, 4]) {
    for (const scales of chooseSignedScales(skewed, bits)) {
      t.deepEqual([...scales].map(Math.sign), [1, -1, 1, -1], `${bits} bits`);
    }
  }
});

test('above, where the range is symmetric, scales are what they were', (t) => {
  for (const bits of [5, 8]) t.deepEqual(chooseSignedScales(skewed, bits), chooseWeightScales(skewed, bits));
});

test('the extra code lessens the error of the channels that it turns, and of those alone', (t) => {
  const squares = (scales: Float32Array) => {
    const rounded = dequantizeWeights(roundWeights(skewed, scales, 4));
    const sums = [0, 0, 0, 0];
    for (const [i, w] of (skewed.data as Float32Array).entries())
      sums[Math.floor(i / 200)]! += (w - rounded[i]!) ** 2;
    return sums;
  };
  const before = squares(chooseWeightScales(skewed, 4)[2]!);
  for (const [channel, after] of squares(chooseSignedScales(skewed, 4)[2]!).entries()) {
    if (channel % 2 === 1) t.true(after < 0.97 * before[channel]!);
    else t.is(after, before[channel]!);
  }
});

test('a channel of zeros keeps scale 1', (t) => {
  const zeros = float32Tensor([2, 3], new Float32Array(6));
  for (const scales of chooseSignedScales(zeros, 4)) t.deepEqual([...scales], [1, 1]);
});

for (const [kind, group] of [
  ['dense', 1],
  ['depthwise', 8],
] as const) {
  test(`onnxruntime's integer ${kind} convolution takes negative scales`, async (t) => {
    const channels = 8;
    const scales = Float32Array.from({ length: channels }, (_, i) => (i % 2 === 0 ? 0.02 : -0.02));
    const dims = [channels, channels / group, 3, 3];
    const size = dims.reduce((product, dim) => product * dim);
    const codes = Int8Array.from({ length: size }, (_, i) => ((i * 7) % 16) - 8);
    const g = graphBuilder();
    const scalar = (value: number) => g.constant(float32Tensor([], Float32Array.of(value)));
    const zeroPoint = g.constant({ dtype: 'uint8', dims: [], data: Uint8Array.of(128) });
    const onGrid = (tensor: string, scale: string) =>
      g.node('DequantizeLinear', [g.node('QuantizeLinear', [tensor, scale, zeroPoint]), scale, zeroPoint]);
    const weights = g.node(
      'DequantizeLinear',
      [
        g.constant({ dtype: 'int8', dims, data: codes }),
        g.constant(float32Tensor([channels], scales)),
        g.constant({ dtype: 'int8', dims: [channels], data: new Int8Array(channels) }),
      ],
      { attributes: { axis: 0 } },
    );
    const bias = g.node(
      'DequantizeLinear',
      [
        g.constant({ dtype: 'int32', dims: [channels], data: Int32Array.from(scales, (_, i) => 300 * i) }),
        g.constant(
          float32Tensor(
            [channels],
            scales.map((scale) => scale / 128),
          ),
        ),
        g.constant({ dtype: 'int32', dims: [channels], data: new Int32Array(channels) }),
      ],
      { attributes: { axis: 0 } },
    );
    const input = onGrid(g.input('x', [1, channels, 20, 20]), scalar(1 / 128));
    const step = 1 / 64;
    const output = onGrid(g.node('Conv', [input, weights, bias], { attributes: { group } }), scalar(step));
    const graph = g.build([output]);

    const feeds = randomFeeds(graph);
    const float = (await runOnce(graph, feeds))[output]!.data as Float32Array;
    const session = await onnxruntimeEngine.load(graph);
    t.teardown(() => session.dispose());
    const integer = (await session.run(feeds))[output]!.data as Float32Array;
    const steps = float.map((value, i) => Math.abs(value - integer[i]!) / step);
    // Values halfway between two codes may go either way.
    t.true(steps.every((count) => count < 1.001));
    t.true(steps.filter((count) => count > 0.5).length < 0.02 * steps.length);
    t.true(float.filter((value) => value !== 0).length > 0.9 * float.length);
  });
}
