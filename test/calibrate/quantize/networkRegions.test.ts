import test from 'ava';
import { networkRegions } from '../../../calibrate/quantize/networkRegions.js';
import { planQuantization } from '../../../calibrate/quantize/plan.js';
import type { Graph } from '../../../runtime/graph/graph.js';
import { graphBuilder } from '../../helpers/graphs.js';

const named = (graph: Graph) =>
  Object.fromEntries([...networkRegions(graph)].map(([{ name }, region]) => [name, region]));

test('what is before the first convolution is the head, what is behind the last ones the tail', (t) => {
  const g = graphBuilder();
  const scaled = g.node('Mul', [g.input('x', [1, 3, 8, 8]), g.weights(1)], { name: 'normalise' });
  const features = g.node('Relu', [g.conv(scaled, { weights: [4, 3, 3, 3] })], { name: 'relu' });
  const prediction = g.conv(features, { weights: [2, 4, 1, 1] });
  const graph = g.build([g.node('Sigmoid', [prediction], { name: 'decode' })]);
  const [first, last] = graph.nodes.filter(({ opType }) => opType === 'Conv');
  t.deepEqual(named(graph), {
    normalise: 'head',
    [first!.name]: 'body',
    relu: 'body',
    [last!.name]: 'prediction',
    decode: 'tail',
  });
});

test('a convolution is a prediction when none is behind it, wherever it branches off', (t) => {
  const g = graphBuilder();
  const x = g.input('x', [1, 3, 8, 8]);
  const trunk = g.node('Conv', [x, g.weights(4, 3, 1, 1)], { name: 'trunk' });
  const early = g.node('Conv', [trunk, g.weights(2, 4, 1, 1)], { name: 'early' });
  const middle = g.node('Conv', [trunk, g.weights(4, 4, 1, 1)], { name: 'middle' });
  const late = g.node('Conv', [middle, g.weights(2, 4, 1, 1)], { name: 'late' });
  const graph = g.build([g.node('Concat', [early, late], { attributes: { axis: 1 }, name: 'all' })]);
  t.deepEqual(named(graph), {
    trunk: 'body',
    early: 'prediction',
    middle: 'body',
    late: 'prediction',
    all: 'tail',
  });
});

test('beside a convolution, what only joins it later is still of the head', (t) => {
  const g = graphBuilder();
  const x = g.input('x', [1, 3, 8, 8]);
  const side = g.node('Neg', [x], { name: 'side' });
  const sum = g.node('Add', [g.node('Conv', [x, g.weights(3, 3, 1, 1)], { name: 'first' }), side], {
    name: 'sum',
  });
  const graph = g.build([g.node('Conv', [sum, g.weights(2, 3, 1, 1)], { name: 'last' })]);
  t.deepEqual(named(graph), { side: 'head', first: 'body', sum: 'body', last: 'prediction' });
});

test('without convolutions everything is tail', (t) => {
  const g = graphBuilder();
  const graph = g.build([g.node('Neg', [g.input('x', [1])], { name: 'neg' })]);
  t.deepEqual(named(graph), { neg: 'tail' });
});

test('a convolution over a softmax decodes: what it reads comes from the predictions', (t) => {
  const g = graphBuilder();
  const x = g.input('x', [1, 3, 8, 8]);
  const trunk = g.node('Conv', [x, g.weights(4, 3, 1, 1)], { name: 'trunk' });
  const sides = g.node('Conv', [trunk, g.weights(16, 4, 1, 1)], { name: 'sides' });
  const bins = g.node('Reshape', [sides, g.ints(1, 4, 4, 64)], { name: 'bins' });
  const moved = g.node('Transpose', [bins], { attributes: { perm: [0, 2, 1, 3] }, name: 'moved' });
  const softmax = g.node('Softmax', [moved], { attributes: { axis: 1 }, name: 'softmax' });
  const mean = g.node('Conv', [softmax, g.weights(1, 4, 1, 1)], { name: 'mean' });
  const graph = g.build([g.node('Reshape', [mean, g.ints(1, 4, 64)], { name: 'out' })]);
  t.deepEqual(named(graph), {
    trunk: 'body',
    sides: 'prediction',
    bins: 'tail',
    moved: 'tail',
    softmax: 'tail',
    mean: 'tail',
    out: 'tail',
  });
  const plan = planQuantization(graph, { weightBits: 8, activationBits: 8 });
  t.deepEqual(
    plan.layers.map(({ name }) => name),
    ['trunk', 'sides'],
  );
});

test('an attention is no decoding: convolutions behind its product are of the body', (t) => {
  const g = graphBuilder();
  const x = g.input('x', [1, 4, 4, 4]);
  const rows = g.node('Reshape', [
    g.node('Conv', [x, g.weights(4, 4, 1, 1)], { name: 'qkv' }),
    g.ints(1, 4, 16),
  ]);
  const columns = g.node('Transpose', [rows], { attributes: { perm: [0, 2, 1] } });
  const attention = g.node('Softmax', [g.node('MatMul', [columns, rows])], { name: 'attention' });
  const mixed = g.node('Reshape', [g.node('MatMul', [rows, attention]), g.ints(1, 4, 4, 4)]);
  const graph = g.build([g.node('Conv', [mixed, g.weights(2, 4, 1, 1)], { name: 'last' })]);
  t.like(named(graph), { qkv: 'body', attention: 'body', last: 'prediction' });
});
