import test from 'ava';
import { networkRegions } from '../../../calibrate/quantize/networkRegions.js';
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
