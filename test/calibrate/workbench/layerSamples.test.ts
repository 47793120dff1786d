import test from 'ava';
import { createRandom } from '../../../calibrate/random.js';
import type { ConvGeometry } from '../../../calibrate/workbench/convGeometry.js';
import { LayerSamples, layerOutputs, samplePositions } from '../../../calibrate/workbench/layerSamples.js';
import { float32Tensor, type Tensor } from '../../../runtime/graph/tensor.js';
import { assertClose } from '../../helpers/close.js';
import { randomFloats } from '../../helpers/random.js';
import { workbench } from '../../helpers/searchProblem.js';

const squareConv = (size: number): ConvGeometry => ({
  channels: 2,
  inputSize: [size, size],
  outputSize: [size, size],
  kernel: [1, 1],
  strides: [1, 1],
  dilations: [1, 1],
  padsBegin: [0, 0],
});

/** A tensor whose elements are all different, beginning with `first`. */
const ramp = (size: number, first: number): Tensor =>
  float32Tensor(
    [1, 2, size, size],
    Float32Array.from({ length: 2 * size * size }, (_, i) => first + i),
  );

test('positions are different, in range and ascending', (t) => {
  const positions = [...samplePositions(40, 100, createRandom(3))];
  t.is(positions.length, 40);
  t.deepEqual(
    positions,
    [...new Set(positions)].sort((a, b) => a - b),
  );
  t.true(positions[0]! >= 0 && positions.at(-1)! < 100);
});

test('where no more are there than wanted, all positions are taken', (t) => {
  t.deepEqual([...samplePositions(9, 4, createRandom(1))], [0, 1, 2, 3]);
  t.deepEqual([...samplePositions(0, 4, createRandom(1))], []);
});

test('every position is drawn as often as any other', (t) => {
  const random = createRandom(5);
  const counts = new Array<number>(10).fill(0);
  for (let draw = 0; draw < 2000; draw++) for (const i of samplePositions(3, 10, random)) counts[i]!++;
  // 600 expected, standard deviation 20.5.
  for (const count of counts) t.true(Math.abs(count - 600) < 90, `${counts}`);
});

test('both networks are sampled at the same positions, in whatever order images come', (t) => {
  const make = (images: readonly number[]) => {
    const samples = new LayerSamples([squareConv(8)], { images: 3, seed: 7, rows: 30 });
    for (const image of images) {
      samples.add('float', { image, conv: 0, input: ramp(8, 1000 * image) });
      samples.add('quantized', { image, conv: 0, input: ramp(8, 1000 * image + 0.5) });
    }
    return samples.rows;
  };
  const rows = make([0, 1, 2]);
  t.is(rows.count, 30);
  t.is(rows.size, 2);
  t.deepEqual(
    [...rows.quantized],
    [...rows.float].map((value) => value + 0.5),
  );
  t.is(new Set(rows.float).size, 60, 'no position twice');
  t.deepEqual(make([2, 0, 1]), rows);
});

test('another seed samples other positions', (t) => {
  const [one, other] = [1, 2].map((seed) => {
    const samples = new LayerSamples([squareConv(8)], { images: 1, seed, rows: 10 });
    samples.add('float', { image: 0, conv: 0, input: ramp(8, 0) });
    return samples.rows.float;
  });
  t.notDeepEqual(one, other);
});

test('convolutions that share weights share the rows in proportion to their outputs', (t) => {
  const samples = new LayerSamples([squareConv(8), squareConv(4), squareConv(1)], {
    images: 2,
    seed: 1,
    rows: 80,
  });
  for (const image of [0, 1]) {
    for (const [conv, size] of [8, 4, 1].entries()) {
      samples.add('float', { image, conv, input: ramp(size, 1000 * (conv + 1)) });
    }
  }
  const firsts = samples.rows.float.filter((_, i) => i % 2 === 0);
  const from = (conv: number) => firsts.filter((value) => Math.floor(value / 1000) === conv + 1).length;
  // 40 rows an image over 64, 16 and 1 outputs; the smallest has no fewer than one.
  t.deepEqual([from(0), from(1), from(2)], [2 * 32, 2 * 8, 2 * 1]);
  t.is(samples.rows.count, firsts.length);
});

test('rows stay within the limit of elements', (t) => {
  const { rows } = new LayerSamples([squareConv(8)], { images: 4, seed: 1, maxElements: 100 });
  t.is(rows.count, 48);
  t.true(rows.float.length <= 100);
});

test('the outputs of more rows than one run takes are the products with the weights, plus the bias', async (t) => {
  const [count, size, channels] = [5000, 7, 3];
  const rows = randomFloats(count * size, 1);
  const weights = randomFloats(channels * size, 2);
  const bias = Float32Array.of(1, -2, 3);
  const expected = Array.from({ length: count * channels }, (_, i) => {
    const [row, channel] = [Math.floor(i / channels), i % channels];
    let sum = bias[channel]!;
    for (let k = 0; k < size; k++) sum += rows[row * size + k]! * weights[channel * size + k]!;
    return sum;
  });
  const outputs = await layerOutputs(workbench(), { rows, size }, { weights, bias });
  let largest = 0;
  for (const [i, value] of expected.entries()) largest = Math.max(largest, Math.abs(value - outputs[i]!));
  t.is(outputs.length, expected.length);
  t.true(largest < 1e-5, `${largest}`);
  const plain = await layerOutputs(workbench(), { rows, size }, { weights, bias: undefined });
  assertClose(t, plain.subarray(0, 3), { expected: [...outputs.subarray(0, 3)].map((y, i) => y - bias[i]!) });
});

test('no rows give no outputs', async (t) => {
  const none = { rows: new Float32Array(0), size: 2 };
  const outputs = await layerOutputs(workbench(), none, {
    weights: Float32Array.of(1, 2),
    bias: undefined,
  });
  t.is(outputs.length, 0);
});
