import test from 'ava';
import { inTopologicalOrder } from '../../../../runtime/graph/codec/nodeOrder.js';
import type { Node } from '../../../../runtime/graph/graph.js';
import { decodeOnnx, encodeOnnx } from '../../../../runtime/graph/onnxCodec.js';
import { graphBuilder } from '../../../helpers/graphs.js';

const node = (output: string, ...inputs: readonly string[]): Node => ({
  name: output,
  opType: 'Add',
  domain: '',
  inputs,
  outputs: [output],
  attributes: new Map(),
});
const names = (nodes: readonly Node[]) => nodes.map(({ name }) => name).join('');

test('nodes in order stay as they are', (t) => {
  const nodes = [node('a', 'x'), node('c', 'x'), node('b', 'a', 'c')];
  t.is(inTopologicalOrder(nodes), nodes);
});

test('a node goes behind those that it reads, however they lie', (t) => {
  t.is(
    names(inTopologicalOrder([node('d', 'c'), node('c', 'b', 'a'), node('b', 'a'), node('a', 'x')])),
    'abcd',
  );
});

test('nodes of a cycle come last', (t) => {
  t.is(names(inTopologicalOrder([node('a', 'b'), node('b', 'a'), node('d', 'c'), node('c', 'x')])), 'cdab');
});

test('a file whose nodes are out of order reads as if they were in it; one with a cycle is refused', (t) => {
  const g = graphBuilder();
  const graph = g.build([g.node('Neg', [g.relu(g.input('x', [2]))])]);
  const shuffled = encodeOnnx({ ...graph, nodes: graph.nodes.toReversed() });
  t.deepEqual(
    decodeOnnx(shuffled).nodes.map(({ opType }) => opType),
    ['Relu', 'Neg'],
  );
  const cyclic = { ...graph, nodes: [node('a', 'b'), node('b', 'a'), ...graph.nodes] };
  t.throws(() => decodeOnnx(encodeOnnx(cyclic)), {
    code: 'onnx_malformed',
    message: /nothing before it makes/,
  });
});
