import test from 'ava';
import { sampleTensors } from '../../../calibrate/workbench/sampleTensors.js';
import { elementCount, float32Tensor } from '../../../runtime/graph/tensor.js';
import { runOnce } from '../../helpers/graphRuns.js';
import { graphBuilder } from '../../helpers/graphs.js';
import { randomFloats } from '../../helpers/random.js';

/** Returns what is sampled of an input with these values. */
async function sampleOf(values: Float32Array, dims: readonly number[], opset = 13) {
  const g = graphBuilder({ opset });
  const x = g.input('x', dims);
  const { graph, read } = sampleTensors(g.build([g.relu(x)]), [x]);
  const [sample] = read(await runOnce(graph, { x: float32Tensor(dims, values) }));
  return sample!;
}

test('a small tensor is its own sample', async (t) => {
  const values = randomFloats(3 * 8 * 8, 1);
  const sample = await sampleOf(values, [1, 3, 8, 8]);
  t.is(sample.stride, 1);
  t.deepEqual(sample.values, values);
});

test('of a large one, all channels stay, of each a stride of values, from all its columns', async (t) => {
  for (const [channels, height, width] of [
    [3, 416, 416],
    [64, 52, 52],
    [9000, 2, 3],
    [1, 100, 1000],
  ] as const) {
    const length = height * width;
    // What a value says is where it is.
    const values = Float32Array.from({ length: channels * length }, (_, i) => i);
    const sample = await sampleOf(values, [1, channels, height, width]);
    const expected = [...values].filter((i) => (i % length) % sample.stride === 0);
    t.deepEqual([...sample.values], expected);
    t.true(expected.length <= Math.max(8192, channels), `${channels} ${expected.length}`);
    if (expected.length > 2 * channels * width) {
      t.is(new Set(expected.map((i) => i % width)).size, width);
    }
  }
});

test('extremes are those of all values, channel by channel', async (t) => {
  const values = randomFloats(4 * 100 * 100, 2);
  const sample = await sampleOf(values, [1, 4, 100, 100]);
  const channels = [0, 1, 2, 3].map((c) => values.subarray(c * 10_000, (c + 1) * 10_000));
  const expected = [
    ...channels.map((channel) => Math.min(...channel)),
    ...channels.map((channel) => Math.max(...channel)),
  ];
  t.true(sample.stride > 1);
  t.deepEqual([...sample.extremes], expected);
});

test('a tensor without an axis of channels is one channel', async (t) => {
  for (const dims of [[50], [2, 3, 4, 5], [1, 77]]) {
    const values = randomFloats(elementCount(dims), 3);
    const sample = await sampleOf(values, dims);
    t.deepEqual([...sample.extremes], [Math.min(...values), Math.max(...values)]);
    t.deepEqual(sample.values, values);
  }
});

test('one value that is not finite is seen wherever it stands, in every form that the operators have', async (t) => {
  const length = 2 * 100 * 100;
  for (const opset of [13, 17, 18, 21]) {
    t.true((await sampleOf(randomFloats(length, 4), [1, 2, 100, 100], opset)).allFinite);
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
      for (const position of [0, 7, 10_000, length - 1]) {
        const values = randomFloats(length, 4);
        values[position] = value;
        t.false((await sampleOf(values, [1, 2, 100, 100], opset)).allFinite, `${opset} ${value} ${position}`);
      }
    }
  }
});
