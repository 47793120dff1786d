import test from 'ava';
import { prepareGraph } from '../../../../calibrate/quantize/prepareGraph.js';
import { channelClasses } from '../../../../calibrate/stages/inputScaling/channelFlow.js';
import { classEvidence } from '../../../../calibrate/stages/inputScaling/classEvidence.js';
import { scalingFactors, scalingTensors } from '../../../../calibrate/stages/inputScaling/scalingFactors.js';
import { float32Tensor } from '../../../../runtime/graph/tensor.js';
import { graphBuilder } from '../../../helpers/graphs.js';

type Builder = ReturnType<typeof graphBuilder>;

/**
 * Returns the factors of the channels between a stem, an activation and what reads it.
 *
 * @param features peaks behind the activation
 * @param stem peaks before it; default: the same
 */
function factorsOf(
  features: readonly number[],
  {
    stem = features,
    activation = 'Relu',
    strength = 1,
    fillsGated = false,
    read,
  }: {
    stem?: readonly number[];
    activation?: 'Relu' | 'LeakyRelu' | 'SiLU';
    strength?: number;
    fillsGated?: boolean;
    read: (g: Builder, x: string) => string;
  },
): number[] {
  const g = graphBuilder();
  const count = features.length;
  const made = g.conv(g.input('x', [1, 3, 8, 8]), { weights: [count, 3, 1, 1] });
  const activated =
    activation === 'SiLU' ? g.node('Mul', [made, g.node('Sigmoid', [made])]) : g.node(activation, [made]);
  const out = g.conv(g.relu(read(g, activated)), { weights: [2, 4, 1, 1] });
  const graph = prepareGraph(g.build([out]));
  const classes = channelClasses(graph);
  const peaks = new Map([
    [made, Float32Array.from(stem)],
    [activated, Float32Array.from(features)],
  ]);
  const factors = scalingFactors(classes, {
    evidence: classEvidence(graph, classes, peaks),
    strength,
    fillsGated,
  });
  return classes.classesOf(activated).map((index) => factors[index]!);
}

const depthwise = (g: Builder, x: string) => g.conv(x, { weights: [4, 1, 1, 1], group: 4 });
/** Reads channels with weights of these largest magnitudes. */
const pointwise =
  (...largest: readonly number[]) =>
  (g: Builder, x: string) => {
    const signed = [1, -1, 0.5, 0.1].flatMap((share) => largest.map((value) => share * value));
    return g.node('Conv', [
      x,
      g.constant(float32Tensor([4, largest.length, 1, 1], Float32Array.from(signed))),
    ]);
  };
/** Two groups of two channels each. */
const grouped = (g: Builder, x: string) => {
  const weights = Float32Array.of(1, -4, 0.5, 2, 1, 1, -16, 0.1);
  const name = g.constant(float32Tensor([4, 2, 1, 1], weights));
  return g.node('Conv', [x, name], { attributes: { group: 2 } });
};

const near = (got: readonly number[], expected: readonly number[]) =>
  got.length === expected.length && got.every((value, i) => Math.abs(value / expected[i]! - 1) < 1e-6);

test('before a depthwise convolution every channel comes to fill the grid', (t) => {
  const factors = factorsOf([1, 2, 4, 8], { read: depthwise });
  // Divided by the geometric mean, 2^1.5.
  t.true(
    near(
      factors,
      [-1.5, -0.5, 0.5, 1.5].map((e) => 2 ** e),
    ),
    String(factors),
  );
});

test('before others it does too, however wide the weights', (t) => {
  const whole = [-1.5, -0.5, 0.5, 1.5].map((e) => 2 ** e);
  t.true(near(factorsOf([1, 2, 4, 8], { read: pointwise(1, 16, 1, 1) }), whole));
  t.true(near(factorsOf([1, 2, 4, 8], { read: grouped }), whole));
});

test('at half the strength factors are the roots of those at the whole, at none nothing is scaled', (t) => {
  const at = (strength: number) => factorsOf([1, 4, 4, 16], { read: pointwise(1, 4, 1, 1), strength });
  const exponents = (strength: number) => at(strength).map(Math.log2);
  const whole = exponents(1);
  // Rounded to steps of a quarter.
  t.true(exponents(0.5).every((exponent, i) => Math.abs(exponent - whole[i]! / 2) < 0.126));
  t.true(near(at(0), [1, 1, 1, 1]));
});

test('before a depthwise convolution alone they are those at the whole, whatever the strength', (t) => {
  const at = (strength: number) => factorsOf([1, 2, 4, 8], { read: depthwise, strength });
  t.deepEqual(at(0.25), at(1));
  const both = (g: Builder, x: string) => g.node('Add', [depthwise(g, x), pointwise(1, 1, 1, 1)(g, x)]);
  const shared = factorsOf([1, 4, 4, 16], { read: both, strength: 0.5 });
  t.deepEqual(shared, factorsOf([1, 4, 4, 16], { read: pointwise(1, 1, 1, 1), strength: 0.5 }));
});

test('the last bits of what was observed are in no factor', (t) => {
  const factors = factorsOf([1.7, 2.3, 4.9, 8.1], { read: depthwise });
  t.deepEqual(factorsOf([1.7 * (1 + 1e-6), 2.3, 4.9 * (1 - 1e-6), 8.1], { read: depthwise }), factors);
});

test('a wide range before a LeakyReLU pulls, one before a ReLU, which is fused, does not', (t) => {
  const stem = [16, 1, 1, 1];
  const options = { stem, read: depthwise };
  t.true(near(factorsOf([1, 1, 1, 1], { ...options, activation: 'Relu' }), [1, 1, 1, 1]));
  const pulled = factorsOf([1, 1, 1, 1], { ...options, activation: 'LeakyRelu' });
  t.true(near(pulled, [2 ** 1.5, 2 ** -0.5, 2 ** -0.5, 2 ** -0.5]), String(pulled));
});

test('where what comes from a SiLU fills the grid, a wide range before it pulls as far as the gate is not flat', (t) => {
  const pulled = (reach: number, read: typeof depthwise) =>
    factorsOf([0.5, 0.5, 0.5, 0.5], {
      ...{ stem: [reach, 0.5, 0.5, 0.5], activation: 'SiLU', strength: 0.5, fillsGated: true, read },
    });
  t.true(near(pulled(8, depthwise), [2 ** 1.5, 2 ** -0.5, 2 ** -0.5, 2 ** -0.5]));
  t.deepEqual(pulled(100, depthwise), pulled(8, depthwise));
  t.true(near(pulled(8, pointwise(1, 1, 1, 1)), [1, 1, 1, 1]));
});

test('through a SiLU factors are the same', (t) => {
  const factors = [1, 2, 4, 9];
  const through = factorsOf(factors, { read: depthwise, activation: 'SiLU' });
  t.deepEqual(through, factorsOf(factors, { read: depthwise }));
});

test('no channel is scaled more than sixteenfold', (t) => {
  t.true(near(factorsOf([2 ** -20, 1, 1, 2 ** 20], { read: depthwise }), [1 / 16, 1, 1, 16]));
});

test('dead channels stay as they are, and do not count in the mean', (t) => {
  t.true(near(factorsOf([0, 1, 2, 4], { read: depthwise }), [1, 0.5, 1, 2]));
  t.true(near(factorsOf([0, 0, 0, 0], { read: depthwise }), [1, 1, 1, 1]));
});

test('only tensors that can be scaled are to be measured', (t) => {
  const g = graphBuilder();
  const stem = g.conv(g.input('x', [1, 3, 8, 8]), { weights: [4, 3, 1, 1] });
  const below = g.conv(g.node('Tanh', [stem]), { weights: [4, 4, 1, 1] });
  const sum = g.node('Add', [below, g.relu(below)]);
  const boxes = g.node('Reshape', [g.conv(sum, { weights: [2, 4, 1, 1] }), g.ints(1, 2, 64)]);
  const decoded = g.node('Add', [boxes, boxes]);
  const graph = prepareGraph(g.build([decoded]));
  t.deepEqual(scalingTensors(graph), [below, sum]);
});
