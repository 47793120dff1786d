import test from 'ava';
import { matchMoments } from '../../../calibrate/quantize/moments.js';
import { assertClose } from '../../helpers/close.js';
import { randomFloats } from '../../helpers/random.js';

const positions = 4000;
const truth = { gain: 1.25, offset: -0.4 };

/** Outputs of one channel whose quantized form is off by `truth`; every fiftieth one was clipped from far away. */
function clippedChannel() {
  const quantized = randomFloats(positions, 1);
  const noise = randomFloats(positions, 2);
  const float = quantized.map((value, i) =>
    i % 50 === 0 ? 60 : truth.gain * value + truth.offset + 0.02 * noise[i]!,
  );
  return { float, quantized, channels: 1 };
}

const mean = (values: Float32Array) => values.reduce((sum, value) => sum + value, 0) / values.length;
const deviation = (values: Float32Array) => {
  const center = mean(values);
  return Math.sqrt(mean(values.map((value) => (value - center) ** 2)));
};

test('two percent of wild outliers do not hide how a channel was scaled and shifted', (t) => {
  const channel = clippedChannel();
  const { gain, offset } = matchMoments(channel);
  assertClose(t, gain, { expected: [truth.gain], tolerance: 0.01 });
  assertClose(t, offset, { expected: [truth.offset], tolerance: 0.01 });
  // The same channel's moments over all positions are another channel's.
  t.true(deviation(channel.float) / deviation(channel.quantized) > 5);
  t.true(mean(channel.float) - mean(channel.quantized) > 0.5);
});

test('the corrected channel has mean and deviation of the float one', (t) => {
  const quantized = randomFloats(positions, 3);
  const noise = randomFloats(positions, 4);
  const float = quantized.map((value, i) => 0.9 * value + 2 + 0.1 * noise[i]!);
  const { gain, offset } = matchMoments({ float, quantized, channels: 1 });
  const corrected = quantized.map((value) => gain[0]! * value + offset[0]!);
  // Not to the last bit: trimming leaves some positions out.
  t.true(Math.abs(mean(corrected) - mean(float)) < 0.01);
  t.true(Math.abs(deviation(corrected) / deviation(float) - 1) < 0.01);
});

test('channels are corrected each by itself', (t) => {
  const gains = [0.8, 1, 1.3];
  const offsets = [1, -2, 0];
  const quantized = randomFloats(3 * 500, 5);
  const float = quantized.map((value, i) => gains[i % 3]! * value + offsets[i % 3]!);
  const { gain, offset } = matchMoments({ float, quantized, channels: 3 });
  const tolerance = 2 ** -10;
  assertClose(t, gain, { expected: gains, tolerance });
  assertClose(t, offset, { expected: offsets, tolerance });
});

test("the last bits of an engine's arithmetic are in no correction", (t) => {
  const channel = clippedChannel();
  const noise = randomFloats(positions, 8);
  const float = channel.float.map((value, i) => value * (1 + 1e-6 * noise[i]!));
  t.deepEqual(matchMoments({ ...channel, float }), matchMoments(channel));
});

test('a gain beyond [0.7, 1.5] is cut, and the mean is matched all the same', (t) => {
  const quantized = randomFloats(1000, 6);
  for (const [wanted, least, most] of [
    [0.2, 0.7, 0.7],
    [4, 1.5, 1.5],
  ] as const) {
    const { gain, offset } = matchMoments({
      float: quantized.map((y) => wanted * y),
      quantized,
      channels: 1,
    });
    t.true(gain[0]! >= Math.fround(least) && gain[0]! <= Math.fround(most));
    t.true(Math.abs(offset[0]!) < 0.1);
  }
});

test('a constant channel keeps its gain and is moved by the difference of the means', (t) => {
  const cases = [
    { float: [3, 3, 3, 3], quantized: [2.5, 2.5, 2.5, 2.5], offset: 0.5 },
    { float: [0, 0, 0, 0], quantized: [0, 0, 0, 0], offset: 0 },
    { float: [1, 2, 1, 2], quantized: [1.5, 1.5, 1.5, 1.5], offset: 0 },
    { float: [1.5, 1.5, 1.5, 1.5], quantized: [1, 2, 1, 2], offset: 0 },
    { float: [7], quantized: [5], offset: 2 },
  ];
  for (const { float, quantized, offset: expected } of cases) {
    const correction = matchMoments({
      float: Float32Array.from(float),
      quantized: Float32Array.from(quantized),
      channels: 1,
    });
    t.deepEqual([...correction.gain], [1]);
    assertClose(t, correction.offset, { expected: [expected] });
  }
});

test('equal outputs need no correction, nor do outputs that are not there or not finite', (t) => {
  const outputs = randomFloats(600, 7);
  const same = matchMoments({ float: outputs, quantized: outputs, channels: 2 });
  assertClose(t, same.gain, { expected: [1, 1] });
  assertClose(t, same.offset, { expected: [0, 0] });
  for (const listed of [[], [Number.NaN, 1], [Number.POSITIVE_INFINITY, 1]]) {
    const values = Float32Array.from(listed);
    const { gain, offset } = matchMoments({
      float: values,
      quantized: new Float32Array(values.length),
      channels: 1,
    });
    t.deepEqual([[...gain], [...offset]], [[1], [0]]);
  }
});
