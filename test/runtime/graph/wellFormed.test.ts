import test from 'ava';
import { AgentError } from '../../../runtime/errors.js';
import type { Graph } from '../../../runtime/graph/graph.js';
import { assertWellFormed } from '../../../runtime/graph/wellFormed.js';
import { graphBuilder } from '../../helpers/graphs.js';

const g = graphBuilder();
const x = g.input('x', [1]);
const graph = g.build([g.node('Neg', [g.node('Abs', [x], { name: 'first' })], { name: 'second' })]);
const [first, second] = graph.nodes as [Graph['nodes'][number], Graph['nodes'][number]];

test('a graph in order is accepted', (t) => {
  t.notThrows(() => assertWellFormed(graph, 'model'));
});

for (const [what, broken, expected] of [
  ['nodes out of order', { nodes: [second, first] }, /Neg "second" reads "first"/],
  ['a tensor that nothing makes', { nodes: [second] }, /Neg "second" reads "first"/],
  ['a tensor made twice', { nodes: [first, second, first] }, /Abs "first" makes "first"/],
  ['a node that makes an input', { nodes: [{ ...first, outputs: ['x'] }] }, /Abs "first" makes "x"/],
  ['an output that nothing makes', { nodes: [first] }, /output "second"/],
  ['an input twice', { inputs: [...graph.inputs, ...graph.inputs] }, /input "x"/],
] as const) {
  test(`a graph with ${what} is refused, naming it`, (t) => {
    const error = t.throws(() => assertWellFormed({ ...graph, ...broken }, 'model'), {
      instanceOf: AgentError,
      message: expected,
    });
    t.is(error?.code, 'onnx_malformed');
  });
}
